<p><span trspan="requestIssuedFromIP">Gevraagd vanaf</span> <TMPL_VAR NAME="session_ipAddr" ESCAPE=HTML>.
<span trspan="autoMail">Dit bericht is vanzelf gemaakt.</span></p>
</body>
</html>
