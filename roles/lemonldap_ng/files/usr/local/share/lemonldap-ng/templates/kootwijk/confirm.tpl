<TMPL_INCLUDE NAME="header.tpl">
<main class="narrow">
  <form id="form" action="<TMPL_VAR NAME="FORM_ACTION">" method="<TMPL_VAR NAME="FORM_METHOD">" class="confirm">
    <TMPL_VAR NAME="HIDDEN_INPUTS">
    <TMPL_IF NAME="AUTH_URL"><input type="hidden" name="url" value="<TMPL_VAR NAME="AUTH_URL">"></TMPL_IF>
    <TMPL_IF NAME="CONFIRMKEY"><input type="hidden" id="confirm" name="confirm" value="<TMPL_VAR NAME="CONFIRMKEY">"></TMPL_IF>
    <h1 trspan="confirmation">Weet u het zeker?</h1>
    <TMPL_VAR NAME="MSG">
    <p><button type="submit" class="primary" trspan="accept">Ja</button>
    <button id="refuse" type="submit" val="-<TMPL_VAR NAME="CONFIRMKEY">" trspan="refuse">Nee</button></p>
    <TMPL_IF NAME="ACTIVE_TIMER"><p id="timer" trspan="autoAccept"></p></TMPL_IF>
  </form>
  <script src="<TMPL_VAR NAME="STATIC_PREFIX">common/js/confirm.min.js?v=<TMPL_VAR CACHE_TAG>"></script>
  <p><a href="<TMPL_VAR NAME="PORTAL_URL">?cancel=1<TMPL_IF NAME="AUTH_URL">&amp;url=<TMPL_VAR NAME="AUTH_URL"></TMPL_IF>" trspan="goToPortal">Naar de startpagina</a></p>
</main>
<TMPL_INCLUDE NAME="footer.tpl">
