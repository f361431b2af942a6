<TMPL_IF NAME="TOKEN"><input type="hidden" id="token" name="token" value="<TMPL_VAR NAME="TOKEN">"></TMPL_IF>
<p>
  <label for="userfield" trspan="login">Gebruikersnaam of e-mailadres</label>
  <input id="userfield" name="user" type="text" required autocomplete="username" autocapitalize="none" spellcheck="false"
    value="<TMPL_VAR NAME="LOGIN" ESCAPE=HTML>"<TMPL_UNLESS NAME="LOGIN"> autofocus</TMPL_UNLESS>>
</p>
<p>
  <label for="passwordfield" trspan="password">Wachtwoord</label>
  <input id="passwordfield" name="password" type="password" required autocomplete="current-password"<TMPL_IF NAME="LOGIN"> autofocus</TMPL_IF>>
</p>
<p><button type="submit" class="primary" trspan="connect">Inloggen</button></p>
<TMPL_IF NAME="DISPLAY_RESETPASSWORD">
<p><a href="<TMPL_VAR NAME="MAIL_URL"><TMPL_IF NAME="AUTH_URL">?url=<TMPL_VAR NAME="AUTH_URL"></TMPL_IF>" trspan="forgotPwd">Wachtwoord vergeten?</a></p>
</TMPL_IF>
