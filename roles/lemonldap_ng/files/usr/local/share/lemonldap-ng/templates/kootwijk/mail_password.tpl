<TMPL_INCLUDE NAME="mail_header.tpl">
<p><span trspan="hello">Hallo</span> <TMPL_VAR NAME="session_cn" ESCAPE=HTML>,</p>
<p><span trspan="pwdChanged">Uw wachtwoord is gewijzigd.</span></p>
<TMPL_INCLUDE NAME="mail_footer.tpl">
