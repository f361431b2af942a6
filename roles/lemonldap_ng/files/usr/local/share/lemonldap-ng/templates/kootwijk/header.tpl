<!DOCTYPE html>
<html lang="<TMPL_VAR NAME="LANGUAGE">">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title><TMPL_VAR NAME="PRODUCT" ESCAPE=HTML></title>
  <link rel="icon" href="<TMPL_VAR NAME="STATIC_PREFIX">kootwijk/icon.svg?v=<TMPL_VAR CACHE_TAG>" type="image/svg+xml">
  <link rel="stylesheet" href="<TMPL_VAR NAME="STATIC_PREFIX">kootwijk/page.css?v=<TMPL_VAR CACHE_TAG>">
  <script src="/javascript/jquery/jquery.min.js?v=<TMPL_VAR CACHE_TAG>"></script>
  <script src="<TMPL_VAR NAME="STATIC_PREFIX">kootwijk/page.js?v=<TMPL_VAR CACHE_TAG>"></script>
  <script src="<TMPL_VAR NAME="STATIC_PREFIX">common/js/portal.min.js?v=<TMPL_VAR CACHE_TAG>"></script>
  <script type="application/init">
  {"language": "<TMPL_VAR NAME="LANGUAGE">",
   "trOver": <TMPL_VAR NAME="TROVER" DEFAULT="{}">,
   "activeTimer": <TMPL_VAR NAME="ACTIVE_TIMER" DEFAULT="0">,
   "pingInterval": 0, "scrollTop": 0, "enablePasswordDisplay": 0, "dontStorePassword": 0,
   "floatingCategory": "", "appslistorder": "",
   "sameSite": "<TMPL_VAR NAME="SAMESITE">", "cookieSecure": <TMPL_VAR NAME="COOKIESECURE">}
  </script>
  <TMPL_VAR NAME="CUSTOM_SCRIPT">
</head>
<body>
<header class="band">
  <a class="brand" href="<TMPL_VAR NAME="PORTAL_BASE">"><TMPL_VAR NAME="PRODUCT" ESCAPE=HTML></a>
  <ul class="languages" id="choose-language">
    <li><button type="button" lang="nl" value="nl">Nederlands</button></li>
    <li><button type="button" lang="en" value="en">English</button></li>
  </ul>
</header>
