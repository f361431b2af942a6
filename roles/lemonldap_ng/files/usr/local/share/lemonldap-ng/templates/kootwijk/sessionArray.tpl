<table>
  <caption trspan="<TMPL_IF NAME="displayError">lastFailedLoginsCaptionLabel<TMPL_ELSE>lastLoginsCaptionLabel</TMPL_IF>"></caption>
  <thead><tr>
    <th scope="col" trspan="date">Wanneer</th>
    <th scope="col" trspan="ipAddr">Vanaf adres</th>
    <TMPL_IF NAME="displayError"><th scope="col" trspan="errorMsg">Waarom niet</th></TMPL_IF>
  </tr></thead>
  <tbody>
  <TMPL_LOOP NAME="sessions"><tr>
    <td class="localeDate" val="<TMPL_VAR NAME="utime">"></td>
    <td><TMPL_VAR NAME="ip" ESCAPE=HTML></td>
    <TMPL_IF NAME="displayError"><td trspan="PE<TMPL_VAR NAME="error">"></td></TMPL_IF>
  </tr></TMPL_LOOP>
  </tbody>
</table>
