<TMPL_INCLUDE NAME="header.tpl">
<main class="narrow">
  <TMPL_IF NAME="VOID">
  <div class="message message-warning" role="alert"><p trspan="<TMPL_VAR NAME="VOID" ESCAPE=HTML>">Deze link werkt niet.</p></div>
  </TMPL_IF>
  <TMPL_IF NAME="AGAIN">
  <div class="message message-warning" role="alert"><p trspan="welcomeAgain">U was te laat. Open de link uit de brief opnieuw.</p></div>
  </TMPL_IF>
  <TMPL_IF NAME="REFUSED">
  <div class="message message-warning" role="alert"><p trmsg="<TMPL_VAR NAME="REFUSED" ESCAPE=HTML>"></p></div>
  </TMPL_IF>

  <TMPL_IF NAME="ASK">
  <h1 trspan="welcomeTitle">Uw account in gebruik nemen</h1>
  <p trspan="welcomeAbout">In de brief die u kreeg staat een link en een code. Daarmee kiest u hier één keer uw eigen wachtwoord.</p>
  <form id="welcome-code-form" action="/welcome" method="post">
    <p><label for="code-of-letter" trspan="welcomeCode">De code uit de brief</label>
    <input id="code-of-letter" name="code" type="text" required autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="80"></p>
    <p><button type="submit" class="primary" trspan="welcomeNext">Verder</button></p>
  </form>
  <p><a href="/" trspan="back2Portal">Terug naar inloggen</a></p>
  </TMPL_IF>

  <TMPL_IF NAME="CHOOSE">
  <h1><span trspan="welcomeHello">Welkom,</span> <TMPL_VAR NAME="NAME" ESCAPE=HTML></h1>
  <p><span trspan="welcomeLogin">U logt hier in als</span> <strong id="welcome-login"><TMPL_VAR NAME="LOGIN" ESCAPE=HTML></strong>. <span trspan="welcomeChoose">Kies nu uw wachtwoord. Alleen u kent het.</span></p>
  <form id="welcome-password-form" action="/welcome" method="post">
    <input type="hidden" name="token" value="<TMPL_VAR NAME="TOKEN" ESCAPE=HTML>">
    <input type="text" name="username" autocomplete="username" value="<TMPL_VAR NAME="LOGIN" ESCAPE=HTML>" readonly hidden>
    <p><label for="newpassword" trspan="newPassword">Nieuw wachtwoord</label>
      <input id="newpassword" name="newpassword" type="password" required autofocus autocomplete="new-password" aria-describedby="password-rules">
      <span id="password-rules" class="hint" trspan="passwordRules">Een zin mag.</span></p>
    <p><label for="confirmpassword" trspan="confirmPwd">Nog een keer</label>
      <input id="confirmpassword" name="confirmpassword" type="password" required autocomplete="new-password"></p>
    <p><button type="submit" class="primary" trspan="welcomeSet">Wachtwoord instellen</button></p>
  </form>
  </TMPL_IF>

  <TMPL_IF NAME="ARRIVED">
  <h1><span trspan="welcomeHello">Welkom,</span> <TMPL_VAR NAME="NAME" ESCAPE=HTML></h1>
  <div class="message message-positive" role="status"><p trspan="welcomeArrived">U bent ingelogd. Uw wachtwoord is ingesteld; de brief hebt u niet meer nodig.</p></div>
  <p trspan="welcomeFactor">Maak uw account nu nog veiliger met een tweede factor: een code op uw telefoon, of een beveiligingssleutel.</p>
  <p><a id="welcome-factor" class="button" href="/2fregisters" trspan="sfaManager">Tweede factor instellen</a></p>
  <p><a id="welcome-start" href="/" trspan="goToPortal">Naar de startpagina</a></p>
  <p class="hint"><span trspan="welcomeOther">Is de brief van iemand anders? Log dan eerst uit en open de link opnieuw.</span> <a href="/?logout=1" trspan="logoutEverywhere">Overal uitloggen</a></p>
  </TMPL_IF>
</main>
<script src="<TMPL_VAR NAME="STATIC_PREFIX">kootwijk/welcome.js?v=<TMPL_VAR CACHE_TAG>"></script>
<TMPL_INCLUDE NAME="footer.tpl">
