<TMPL_INCLUDE NAME="header.tpl">
<main class="narrow">
  <h1 trspan="cannot">Dit kan niet</h1>
  <TMPL_INCLUDE NAME="errormsg.tpl">
  <TMPL_IF RAW_ERROR><div class="message message-negative" role="alert"><p trspan="<TMPL_VAR NAME="RAW_ERROR" ESCAPE=HTML>"></p></div></TMPL_IF>
  <TMPL_IF ERROR403><div class="message message-negative" role="alert"><p trspan="accessDenied">U mag hier niet bij.</p></div></TMPL_IF>
  <TMPL_IF ERROR404><div class="message message-negative" role="alert"><p trspan="notFound">Deze pagina bestaat niet.</p></div></TMPL_IF>
  <TMPL_IF ERROR500><div class="message message-negative" role="alert"><p trspan="serverError">Er ging iets mis.</p></div></TMPL_IF>
  <TMPL_IF ERROR502><div class="message message-negative" role="alert"><p trspan="proxyError">De dienst antwoordt niet.</p></div></TMPL_IF>
  <TMPL_IF ERROR503><div class="message message-warning" role="alert"><p trspan="maintenanceMode">De dienst is in onderhoud.</p></div></TMPL_IF>
  <p><a class="button" href="<TMPL_VAR NAME="PORTAL_URL">?cancel=1<TMPL_IF NAME="AUTH_URL">&amp;url=<TMPL_VAR NAME="AUTH_URL"></TMPL_IF>" trspan="goToPortal">Naar de startpagina</a></p>
  <TMPL_IF NAME="LOGOUT_URL"><p><a href="<TMPL_VAR NAME="LOGOUT_URL">" trspan="logout">Uitloggen</a></p></TMPL_IF>
</main>
<TMPL_INCLUDE NAME="footer.tpl">
