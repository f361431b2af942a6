<TMPL_INCLUDE NAME="header.tpl">
<main class="narrow">
  <h1 trspan="totp2f">App met codes</h1>
  <TMPL_INCLUDE NAME="errormsg.tpl">
  <form action="<TMPL_VAR NAME="TARGET">" method="post">
    <input type="hidden" id="token" name="token" value="<TMPL_VAR NAME="TOKEN">">
    <input type="hidden" name="checkLogins" value="<TMPL_VAR NAME="CHECKLOGINS">">
    <input type="hidden" name="stayconnected" value="<TMPL_VAR NAME="STAYCONNECTED">">
    <p><label for="extcode" trspan="enterTotpCode">Code uit uw app</label>
      <input id="extcode" name="code" type="text" inputmode="numeric" required autofocus autocomplete="one-time-code"></p>
    <p><button type="submit" class="primary btn-single-submit" trspan="connect">Inloggen</button></p>
  </form>
  <p><a href="<TMPL_VAR NAME="PORTAL_URL">?cancel=1" trspan="cancel">Annuleren</a></p>
</main>
<TMPL_INCLUDE NAME="footer.tpl">
