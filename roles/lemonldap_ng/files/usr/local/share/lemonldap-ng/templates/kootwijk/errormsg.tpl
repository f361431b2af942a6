<TMPL_IF NAME="AUTH_ERROR"><TMPL_UNLESS NAME="AUTH_ERROR_9">
<div class="message message-<TMPL_VAR NAME="AUTH_ERROR_TYPE">" role="alert">
  <p><span trmsg="<TMPL_VAR NAME="AUTH_ERROR">"></span>
  <TMPL_IF LOCKTIME><TMPL_VAR NAME="LOCKTIME"> <span trspan="seconds">seconden</span>.</TMPL_IF></p>
</div>
</TMPL_UNLESS></TMPL_IF>
