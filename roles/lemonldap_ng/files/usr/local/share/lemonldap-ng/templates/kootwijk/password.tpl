<form id="formpass" action="#" method="post" class="narrow">
  <TMPL_VAR NAME="HIDDEN_INPUTS">
  <TMPL_IF NAME="AUTH_URL"><input type="hidden" name="url" value="<TMPL_VAR NAME="AUTH_URL">"></TMPL_IF>
  <TMPL_IF NAME="TOKEN"><input type="hidden" name="token" value="<TMPL_VAR NAME="TOKEN">"></TMPL_IF>
  <TMPL_IF NAME="LOGIN"><input type="hidden" name="user" autocomplete="username" value="<TMPL_VAR NAME=LOGIN ESCAPE=HTML>"></TMPL_IF>
  <TMPL_IF NAME="REQUIRE_OLDPASSWORD">
  <TMPL_IF NAME="HIDE_OLDPASSWORD">
  <input type="hidden" id="oldpassword" name="oldpassword" value="<TMPL_VAR NAME=OLDPASSWORD ESCAPE=HTML>">
  <TMPL_ELSE>
  <p>
    <label for="oldpassword" trspan="currentPwd">Uw wachtwoord van nu</label>
    <input id="oldpassword" name="oldpassword" type="password" required autocomplete="current-password" value="<TMPL_VAR NAME=OLDPASSWORD ESCAPE=HTML>">
  </p>
  </TMPL_IF>
  </TMPL_IF>
  <p>
    <label for="newpassword" trspan="newPassword">Nieuw wachtwoord</label>
    <input id="newpassword" name="newpassword" type="password" required autocomplete="new-password" aria-describedby="password-rules">
    <span id="password-rules" class="hint" trspan="passwordRules">Een zin mag.</span>
  </p>
  <p>
    <label for="confirmpassword" trspan="confirmPwd">Nog een keer</label>
    <input id="confirmpassword" name="confirmpassword" type="password" required autocomplete="new-password">
  </p>
  <p><button type="submit" class="primary" trspan="changePwd">Wachtwoord wijzigen</button></p>
</form>
