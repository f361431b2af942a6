<TMPL_INCLUDE NAME="header.tpl">
<main>
  <TMPL_IF NAME="AUTH_ERROR"><TMPL_IF NAME="AUTH_ERROR_0"><TMPL_ELSE>
  <div class="message message-<TMPL_VAR NAME="AUTH_ERROR_TYPE">" role="alert"><p trmsg="<TMPL_VAR NAME="AUTH_ERROR">"></p></div>
  </TMPL_IF></TMPL_IF>
  <h1 id="welcome"><span trspan="hello">Hallo</span> <TMPL_VAR NAME="AUTH_USER" ESCAPE=HTML></h1>

  <TMPL_LOOP NAME="DISPLAY_MODULES">
  <TMPL_IF NAME="Appslist">
  <section aria-labelledby="services-title">
    <h2 id="services-title" trspan="yourApps">Waarmee u kunt werken</h2>
    <TMPL_UNLESS NAME="APPSLIST_LOOP"><p class="message" trspan="noAppAllowed">Voor u staat hier niets klaar. Vraag uw beheerder.</p></TMPL_UNLESS>
    <TMPL_LOOP NAME="APPSLIST_LOOP">
    <ul class="tiles">
      <TMPL_LOOP NAME="applications">
      <li><a class="tile" id="tile-<TMPL_VAR NAME="appid" ESCAPE=HTML>" href="<TMPL_VAR NAME="appuri" ESCAPE=HTML>">
        <img src="<TMPL_VAR NAME="STATIC_PREFIX">kootwijk/<TMPL_VAR NAME="applogo">" alt="" width="48" height="48">
        <span class="name" trspan="tile_<TMPL_VAR NAME="appid" ESCAPE=HTML>"><TMPL_VAR NAME="appname" ESCAPE=HTML></span>
        <TMPL_IF NAME="appdesc"><span class="about" trspan="tile_<TMPL_VAR NAME="appid" ESCAPE=HTML>_about"><TMPL_VAR NAME="appdesc" ESCAPE=HTML></span></TMPL_IF>
      </a></li>
      </TMPL_LOOP>
    </ul>
    </TMPL_LOOP>
  </section>
  </TMPL_IF>
  </TMPL_LOOP>

  <section aria-labelledby="account-title">
    <h2 id="account-title" trspan="yourAccount">Uw account</h2>
    <TMPL_IF NAME="APP_PASSWORDS"><p><a id="app-passwords" href="<TMPL_VAR NAME="PORTAL_BASE">apppasswords" trspan="appPasswords">Wachtwoorden voor mailprogramma's</a></p></TMPL_IF>
    <TMPL_IF NAME="sfaManager"><p><a id="second-factors" href="<TMPL_VAR NAME="PORTAL_BASE">2fregisters" trspan="sfaManager">Tweede factor instellen</a></p></TMPL_IF>
    <TMPL_LOOP NAME="DISPLAY_MODULES">
    <TMPL_IF NAME="ChangePassword">
    <details id="password">
      <summary trspan="changePwd">Wachtwoord wijzigen</summary>
      <TMPL_INCLUDE NAME="password.tpl">
    </details>
    </TMPL_IF>
    <TMPL_IF NAME="LoginHistory">
    <details id="history">
      <summary trspan="loginHistory">Wanneer u inlogde</summary>
      <TMPL_VAR NAME="SUCCESS_LOGIN">
      <TMPL_VAR NAME="FAILED_LOGIN">
    </details>
    </TMPL_IF>
    </TMPL_LOOP>
    <p><a id="log-out" class="button" href="<TMPL_VAR NAME="PORTAL_BASE">?logout=1" trspan="logoutEverywhere">Overal uitloggen</a></p>
  </section>
</main>
<TMPL_INCLUDE NAME="footer.tpl">
