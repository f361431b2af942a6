<TMPL_INCLUDE NAME="header.tpl">
<main class="narrow">
  <h1 trspan="confirmation">Bevestigen</h1>
  <div class="message"><p trspan="<TMPL_VAR NAME="MSG">"></p></div>
  <form id="upgrd" action="<TMPL_VAR NAME="FORMACTION">" method="post">
    <input type="hidden" name="confirm" value="<TMPL_VAR NAME="CONFIRMKEY">">
    <input type="hidden" id="forceUpgrade" name="forceUpgrade" value="<TMPL_VAR NAME="FORCEUPGRADE">">
    <input type="hidden" name="url" value="<TMPL_VAR NAME="URL">">
    <p><button type="submit" class="primary" trspan="<TMPL_VAR NAME="BUTTON">">Verder</button></p>
    <TMPL_IF NAME="PORTALBUTTON"><p><a href="<TMPL_VAR NAME="PORTAL_URL">" trspan="goToPortal">Naar de startpagina</a></p></TMPL_IF>
  </form>
</main>
<TMPL_INCLUDE NAME="footer.tpl">
