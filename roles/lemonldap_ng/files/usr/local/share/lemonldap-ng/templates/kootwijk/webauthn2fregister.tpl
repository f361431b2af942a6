<TMPL_INCLUDE NAME="header.tpl">
<main class="narrow">
  <h1 trspan="webauthn2f">Sleutel of apparaat</h1>
  <div id="color" class="message message-<TMPL_VAR NAME="ALERT">"><p id="msg" role="status" trspan="<TMPL_VAR NAME="MSG">"></p></div>
  <p id="u2fPermission" trspan="u2fPermission"></p>
  <p><label for="keyName" trspan="name">Naam</label>
    <input type="text" id="keyName" name="keyName" value="FIDO2" maxlength="20"></p>
  <p><button type="button" id="retrybutton" class="primary" trspan="register">Toevoegen</button></p>
  <p><a href="<TMPL_VAR NAME="PORTAL_URL">2fregisters" trspan="sfaManager">Terug</a></p>
  <p><a id="goback" href="<TMPL_VAR NAME="PORTAL_URL">?cancel=1<TMPL_IF NAME="AUTH_URL">&amp;url=<TMPL_VAR NAME="AUTH_URL"></TMPL_IF>" trspan="goToPortal">Naar de startpagina</a></p>
</main>
<TMPL_INCLUDE NAME="footer.tpl">
