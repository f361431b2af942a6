<TMPL_INCLUDE NAME="header.tpl">
<main>
  <h1 trspan="appPasswords">Wachtwoorden voor mailprogramma's</h1>
  <TMPL_IF NAME="REFUSED">
  <div class="message message-warning" role="alert"><p trspan="<TMPL_VAR NAME="REFUSED" ESCAPE=HTML>">Er is niets veranderd.</p></div>
  </TMPL_IF>
  <TMPL_IF NAME="REMOVED">
  <div class="message message-positive" role="status"><p trspan="appPasswordRemoved">Dit wachtwoord werkt niet meer.</p></div>
  </TMPL_IF>
  <TMPL_IF NAME="SECRET">
  <div class="message message-positive" role="status">
    <p trspan="appPasswordOnce">Typ of plak dit in uw mailprogramma. U ziet het alleen nu.</p>
    <dl>
      <dt trspan="appPasswordLogin">Gebruikersnaam</dt><dd><code><TMPL_VAR NAME="LOGIN" ESCAPE=HTML></code></dd>
      <dt trspan="password">Wachtwoord</dt><dd><code id="new-app-password"><TMPL_VAR NAME="SECRET" ESCAPE=HTML></code></dd>
    </dl>
  </div>
  </TMPL_IF>
  <p trspan="appPasswordsAbout">Een telefoon of mailprogramma krijgt een eigen wachtwoord. Raakt u het toestel kwijt, dan verwijdert u hier alleen dat ene.</p>
  <TMPL_IF NAME="HELD">
  <form id="app-passwords-held" action="/apppasswords" method="post">
  <input type="hidden" name="token" value="<TMPL_VAR NAME="TOKEN" ESCAPE=HTML>">
  <table>
    <caption trspan="appPasswordsYours">Wat u hebt</caption>
    <thead><tr>
      <th scope="col" trspan="name">Naam</th><th scope="col" trspan="appPasswordMade">Gemaakt</th>
      <th scope="col" trspan="appPasswordUsed">Laatst gebruikt</th><td></td>
    </tr></thead>
    <tbody>
    <TMPL_LOOP NAME="HELD">
    <tr id="app-<TMPL_VAR NAME="id" ESCAPE=HTML>">
      <th scope="row"><TMPL_VAR NAME="name" ESCAPE=HTML></th>
      <td><TMPL_VAR NAME="made" ESCAPE=HTML></td>
      <td><TMPL_IF NAME="used"><TMPL_VAR NAME="used" ESCAPE=HTML><TMPL_ELSE><span trspan="appPasswordNever">nooit</span></TMPL_IF></td>
      <td><details><summary trspan="unregister">Verwijderen</summary>
        <button type="submit" name="remove" value="<TMPL_VAR NAME="id" ESCAPE=HTML>" aria-describedby="app-<TMPL_VAR NAME="id" ESCAPE=HTML>" trspan="imSure">Ja, verwijderen</button>
      </details></td>
    </tr>
    </TMPL_LOOP>
    </tbody>
  </table>
  </form>
  <TMPL_ELSE>
  <p trspan="appPasswordNone">U hebt er nog geen.</p>
  </TMPL_IF>
  <h2 trspan="appPasswordNew">Nieuw</h2>
  <form id="new-app-password-form" action="/apppasswords" method="post">
    <input type="hidden" name="token" value="<TMPL_VAR NAME="TOKEN" ESCAPE=HTML>">
    <p><label for="app-name" trspan="appPasswordFor">Waarvoor? Bijvoorbeeld: telefoon</label>
    <input id="app-name" name="name" type="text" maxlength="64" required autocomplete="off"></p>
    <p><button type="submit" class="primary" trspan="appPasswordMake">Wachtwoord maken</button></p>
  </form>
  <p><a href="/" trspan="goToPortal">Naar de startpagina</a></p>
</main>
<TMPL_INCLUDE NAME="footer.tpl">
