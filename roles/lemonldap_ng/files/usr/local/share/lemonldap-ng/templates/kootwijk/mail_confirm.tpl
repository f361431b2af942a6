<TMPL_INCLUDE NAME="mail_header.tpl">
<p><span trspan="hello">Hallo</span> <TMPL_VAR NAME="session_cn" ESCAPE=HTML>,</p>
<p><a href="<TMPL_VAR NAME="url" ESCAPE=HTML>" trspan="click2Reset">Kies een nieuw wachtwoord</a></p>
<p><span trspan="validUntil">De link is eenmaal te gebruiken, tot</span> <TMPL_VAR NAME="expMailDate"> <TMPL_VAR NAME="expMailTime">.
<span trspan="notYou">Vroeg u dit niet? Dan hoeft u niets te doen.</span></p>
<TMPL_INCLUDE NAME="mail_footer.tpl">
