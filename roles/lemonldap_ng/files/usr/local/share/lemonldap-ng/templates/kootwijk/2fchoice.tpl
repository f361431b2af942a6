<TMPL_INCLUDE NAME="header.tpl">
<main class="narrow">
  <h1 trspan="choose2f">Kies uw tweede factor</h1>
  <form action="<TMPL_VAR NAME="TARGET">" method="post">
    <input type="hidden" id="token" name="token" value="<TMPL_VAR NAME="TOKEN">">
    <input type="hidden" name="checkLogins" value="<TMPL_VAR NAME="CHECKLOGINS">">
    <input type="hidden" name="stayconnected" value="<TMPL_VAR NAME="STAYCONNECTED">">
    <TMPL_LOOP NAME="MODULES">
    <p><button type="submit" class="primary" name="sf" value="<TMPL_VAR NAME="CODE">" trspan="<TMPL_VAR NAME="CODE">2f"><TMPL_VAR NAME="CODE"></button></p>
    </TMPL_LOOP>
  </form>
  <p><a href="<TMPL_VAR NAME="PORTAL_URL">?cancel=1" trspan="cancel">Annuleren</a></p>
</main>
<TMPL_INCLUDE NAME="footer.tpl">
