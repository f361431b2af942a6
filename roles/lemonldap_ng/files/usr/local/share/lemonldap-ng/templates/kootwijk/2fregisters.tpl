<TMPL_INCLUDE NAME="header.tpl">
<main>
  <h1 trspan="sfaManager">Tweede factor instellen</h1>
  <div id="color" class="message message-<TMPL_VAR NAME="ALERT">" role="status">
    <TMPL_IF NAME="REG_REQUIRED"><p id="required" trspan="2fRegRequired"></p>
    <TMPL_ELSE><p id="msg" trspan="<TMPL_VAR NAME="MSG">"></p></TMPL_IF>
  </div>
  <TMPL_IF NAME="SFDEVICES">
  <table>
    <caption trspan="yourFactors">Wat u hebt</caption>
    <thead><tr>
      <th scope="col" trspan="type">Soort</th><th scope="col" trspan="name">Naam</th>
      <th scope="col" trspan="date">Sinds</th><td></td>
    </tr></thead>
    <tbody>
    <TMPL_LOOP NAME="SFDEVICES">
    <tr id="delete-<TMPL_VAR NAME="epoch">">
      <td><TMPL_IF name="label"><TMPL_VAR NAME="label"><TMPL_ELSE><TMPL_VAR NAME="type"></TMPL_IF></td>
      <td><TMPL_VAR NAME="name" ESCAPE=HTML></td>
      <td class="data-epoch"><TMPL_VAR NAME="epoch"></td>
      <td><TMPL_IF NAME="delAllowed"><details><summary trspan="unregister">Verwijderen</summary>
        <button type="button" class="remove2f" device="<TMPL_VAR NAME="type">" epoch="<TMPL_VAR NAME="epoch">" prefix="<TMPL_VAR NAME="prefix">" trspan="imSure">Ja, verwijderen</button>
      </details></TMPL_IF></td>
    </tr>
    </TMPL_LOOP>
    </tbody>
  </table>
  </TMPL_IF>
  <h2 trspan="addFactor">Toevoegen</h2>
  <ul class="tiles">
    <TMPL_LOOP NAME="MODULES">
    <li><a class="tile" id="add-<TMPL_VAR NAME="CODE">" href="<TMPL_VAR NAME="URL">">
      <img src="<TMPL_VAR NAME="STATIC_PREFIX">kootwijk/<TMPL_VAR NAME="CODE">.svg" alt="" width="48" height="48">
      <span class="name" trspan="<TMPL_VAR NAME="CODE">2f"><TMPL_VAR NAME="CODE"></span>
      <span class="about" trspan="<TMPL_VAR NAME="CODE">2f_about"></span>
    </a></li>
    </TMPL_LOOP>
  </ul>
  <TMPL_IF NAME="DISPLAY_UPG"><p><a class="button" href="<TMPL_VAR NAME="PORTAL_URL">upgradesession?forceUpgrade=1&amp;url=<TMPL_VAR NAME="SFREGISTERS_URL">" trspan="upgradeSession">Opnieuw inloggen</a></p></TMPL_IF>
  <p><a id="goback" href="<TMPL_VAR NAME="PORTAL_URL">?cancel=1" trspan="goToPortal">Naar de startpagina</a></p>
</main>
<script src="<TMPL_VAR NAME="STATIC_PREFIX">common/js/2fregistration.min.js?v=<TMPL_VAR CACHE_TAG>"></script>
<TMPL_INCLUDE NAME="footer.tpl">
