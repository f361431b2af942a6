<TMPL_INCLUDE NAME="header.tpl">
<main class="narrow">
  <h1 trspan="totp2f">App met codes</h1>
  <div id="color" class="message message-<TMPL_VAR NAME="ALERT">"><p id="msg" role="status" trspan="<TMPL_VAR NAME="MSG">"></p></div>
  <ol id="divToHide">
    <li><span trspan="totpQrCode"></span>
      <p><a class="otpauth-url" href="" trattribute="title:totpOrTouch aria-label:totpOrTouch"><canvas id="qr" width="150" height="150"></canvas></a></p>
      <p><span trspan="totpSecretKey"></span> <code id="secret"></code></p></li>
    <li><label for="TOTPName" trspan="totpRegisterName"></label>
      <input type="text" id="TOTPName" name="TOTPName" value="App" maxlength="20"></li>
    <li><label for="code" trspan="totpRegisterCode"></label>
      <input id="code" name="code" inputmode="numeric" autocomplete="one-time-code"></li>
  </ol>
  <p><button type="button" id="verify" class="primary" trspan="register">Toevoegen</button></p>
  <p><a href="<TMPL_VAR NAME="PORTAL_URL">2fregisters" trspan="sfaManager">Terug</a></p>
  <p><a id="goback" href="<TMPL_VAR NAME="PORTAL_URL">?cancel=1<TMPL_IF NAME="AUTH_URL">&amp;url=<TMPL_VAR NAME="AUTH_URL"></TMPL_IF>" trspan="goToPortal">Naar de startpagina</a></p>
</main>
<script src="<TMPL_VAR NAME="STATIC_PREFIX">bwr/qrious/dist/qrious.min.js?v=<TMPL_VAR CACHE_TAG>"></script>
<script src="<TMPL_VAR NAME="STATIC_PREFIX">common/js/totpregistration.min.js?v=<TMPL_VAR CACHE_TAG>"></script>
<TMPL_INCLUDE NAME="footer.tpl">
