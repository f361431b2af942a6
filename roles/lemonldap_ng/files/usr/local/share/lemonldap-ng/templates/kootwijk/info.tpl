<TMPL_INCLUDE NAME="header.tpl">
<main class="narrow">
  <form id="form" action="<TMPL_VAR NAME="URL">" method="<TMPL_VAR NAME="FORM_METHOD">" class="info">
    <TMPL_VAR NAME="HIDDEN_INPUTS">
    <h1 trspan="info">Ter informatie</h1>
    <TMPL_VAR NAME="MSG">
    <TMPL_IF NAME="ACTIVE_TIMER"><p id="timer" trspan="redirectedIn"></p></TMPL_IF>
    <p><button type="submit" class="primary" trspan="continue">Verder</button>
    <TMPL_IF NAME="ACTIVE_TIMER"><button id="wait" type="reset" trspan="wait">Wachten</button></TMPL_IF></p>
  </form>
  <script src="<TMPL_VAR NAME="STATIC_PREFIX">common/js/info.min.js?v=<TMPL_VAR CACHE_TAG>"></script>
</main>
<TMPL_INCLUDE NAME="footer.tpl">
