<TMPL_INCLUDE NAME="header.tpl">
<script src="<TMPL_VAR NAME="STATIC_PREFIX">common/js/redirect.min.js?v=<TMPL_VAR CACHE_TAG>"></script>
<script id="redirect" type="custom">
<TMPL_IF NAME="HIDDEN_INPUTS">form<TMPL_ELSE><TMPL_VAR NAME="URL"></TMPL_IF>
</script>
<main class="narrow">
  <h1 trspan="redirectionInProgress">U wordt doorgestuurd</h1>
  <TMPL_IF NAME="HIDDEN_INPUTS">
  <form id="form" action="<TMPL_VAR NAME="URL">" method="<TMPL_VAR NAME="FORM_METHOD">">
    <TMPL_VAR NAME="HIDDEN_INPUTS">
    <p><button type="submit" trspan="continue">Verder</button></p>
  </form>
  <TMPL_ELSE>
  <p><a href="<TMPL_VAR NAME="URL">" trspan="continue">Verder</a></p>
  </TMPL_IF>
</main>
<TMPL_INCLUDE NAME="footer.tpl">
