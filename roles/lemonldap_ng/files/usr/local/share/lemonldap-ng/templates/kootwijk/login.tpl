<TMPL_INCLUDE NAME="header.tpl">
<main class="narrow">
  <TMPL_INCLUDE NAME="errormsg.tpl">

  <TMPL_IF NAME="DISPLAY_FORM">
  <h1 trspan="logIn">Inloggen</h1>
  <form id="lform" action="#" method="post">
    <TMPL_VAR NAME="HIDDEN_INPUTS">
    <input type="hidden" name="url" value="<TMPL_VAR NAME="AUTH_URL">">
    <input type="hidden" name="timezone">
    <TMPL_INCLUDE NAME="standardform.tpl">
  </form>
  </TMPL_IF>

  <TMPL_IF NAME="DISPLAY_PASSWORD">
  <h1 trspan="changePwd">Wachtwoord wijzigen</h1>
  <TMPL_INCLUDE NAME="password.tpl">
  </TMPL_IF>

  <TMPL_IF NAME="LOGIN_INFO">
  <div class="message"><TMPL_VAR NAME="LOGIN_INFO"></div>
  </TMPL_IF>

  <TMPL_IF NAME="PORTAL_URL">
  <p><TMPL_IF NAME="MSG"><TMPL_VAR NAME="MSG"></TMPL_IF>
    <a href="<TMPL_VAR NAME="PORTAL_URL">?cancel=1<TMPL_IF NAME="AUTH_URL">&amp;url=<TMPL_VAR NAME="AUTH_URL"></TMPL_IF>" trspan="goToPortal">Naar de startpagina</a></p>
  </TMPL_IF>
  <TMPL_IF NAME="LOGOUT_URL">
  <p><a href="<TMPL_VAR NAME="LOGOUT_URL">" trspan="logout">Uitloggen</a></p>
  </TMPL_IF>
</main>
<TMPL_INCLUDE NAME="footer.tpl">
