<TMPL_INCLUDE NAME="header.tpl">
<main class="narrow">
  <h1 trspan="resetPwd">Nieuw wachtwoord instellen</h1>
  <TMPL_INCLUDE NAME="errormsg.tpl">

  <TMPL_IF NAME="DISPLAY_FORM">
  <form id="mailform" action="#" method="post">
    <input type="hidden" name="url" value="<TMPL_VAR NAME="AUTH_URL">">
    <TMPL_IF NAME="TOKEN"><input type="hidden" id="token" name="token" value="<TMPL_VAR NAME="TOKEN">"></TMPL_IF>
    <p trspan="resetExplained">U krijgt een bericht met een link waarmee u een nieuw wachtwoord kiest.</p>
    <p><label for="mail" trspan="mail">E-mailadres</label>
      <input id="mail" name="mail" type="email" required autocomplete="email" value="<TMPL_VAR NAME="MAIL" ESCAPE=HTML>"></p>
    <p><button type="submit" class="primary" trspan="sendPwd">Stuur me een link</button></p>
  </form>
  </TMPL_IF>

  <TMPL_IF NAME="DISPLAY_RESEND_FORM">
  <form action="#" method="post">
    <input type="hidden" name="url" value="<TMPL_VAR NAME="AUTH_URL">">
    <input type="hidden" name="mail" value="<TMPL_VAR NAME="MAIL" ESCAPE=HTML>">
    <input type="hidden" name="resendconfirmation" value="on">
    <TMPL_IF NAME="TOKEN"><input type="hidden" id="token" name="token" value="<TMPL_VAR NAME="TOKEN">"></TMPL_IF>
    <p><span trspan="pwdResetAlreadyIssued">U vroeg hier al om op</span> <TMPL_VAR NAME="STARTMAILDATE"> <TMPL_VAR NAME="STARTMAILTIME">.</p>
    <p><button type="submit" class="primary" trspan="yesResendMail">Ja, stuur het nog eens</button></p>
  </form>
  </TMPL_IF>

  <TMPL_IF NAME="DISPLAY_PASSWORD_FORM">
  <form action="#" method="post">
    <input type="hidden" name="mail_token" value="<TMPL_VAR NAME="MAIL_TOKEN" ESCAPE=HTML>">
    <input type="hidden" name="url" value="<TMPL_VAR NAME="AUTH_URL">">
    <TMPL_IF NAME="TOKEN"><input type="hidden" id="token" name="token" value="<TMPL_VAR NAME="TOKEN">"></TMPL_IF>
    <p><label for="newpassword" trspan="newPassword">Nieuw wachtwoord</label>
      <input id="newpassword" name="newpassword" type="password" required autocomplete="new-password" aria-describedby="password-rules">
      <span id="password-rules" class="hint" trspan="passwordRules">Een zin mag.</span></p>
    <p><label for="confirmpassword" trspan="confirmPwd">Nog een keer</label>
      <input id="confirmpassword" name="confirmpassword" type="password" required autocomplete="new-password"></p>
    <p><button type="submit" class="primary" trspan="changePwd">Wachtwoord wijzigen</button></p>
  </form>
  </TMPL_IF>

  <TMPL_IF NAME="DISPLAY_CONFIRMMAILSENT">
  <div class="message message-positive" role="status"><p><span trspan="mailSent2">Er is een bericht gestuurd.</span>
    <span trspan="linkValidUntil">De link is geldig tot</span> <TMPL_VAR NAME="EXPMAILDATE"> <TMPL_VAR NAME="EXPMAILTIME">.</p></div>
  </TMPL_IF>
  <TMPL_IF NAME="DISPLAY_MAILSENT">
  <div class="message message-positive" role="status"><p trspan="pwdChanged">Uw wachtwoord is gewijzigd.</p></div>
  </TMPL_IF>

  <p><a href="<TMPL_VAR NAME="PORTAL_URL">" trspan="back2Portal">Terug naar inloggen</a></p>
</main>
<TMPL_INCLUDE NAME="footer.tpl">
