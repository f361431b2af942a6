<TMPL_INCLUDE NAME="header.tpl">
<main class="narrow">
  <h1 trspan="webauthn2f">Sleutel of apparaat</h1>
  <TMPL_INCLUDE NAME="errormsg.tpl">
  <TMPL_IF NAME="DATA">
  <div id="color" class="message"><p id="msg" role="status" trspan="webAuthnRequired"></p></div>
  <form id="verify-form" action="<TMPL_VAR NAME="TARGET">" method="post">
    <input type="hidden" id="credential" name="credential" value="">
    <input type="hidden" id="token" name="token" value="<TMPL_VAR NAME="TOKEN">">
    <input type="hidden" id="checkLogins" name="checkLogins" value="<TMPL_VAR NAME="CHECKLOGINS">">
    <input type="hidden" id="stayconnected" name="stayconnected" value="<TMPL_VAR NAME="STAYCONNECTED">">
  </form>
  <script type="application/init"><TMPL_VAR NAME="DATA"></script>
  </TMPL_IF>
  <p><button type="button" id="retrybutton" class="primary" trspan="retry">Nog eens</button></p>
  <p><a href="<TMPL_VAR NAME="PORTAL_URL">?cancel=1" trspan="cancel">Annuleren</a></p>
</main>
<TMPL_INCLUDE NAME="footer.tpl">
