<!DOCTYPE html>
<html lang="<TMPL_VAR NAME="LANGUAGE">">
<head><meta charset="utf-8"><title><TMPL_VAR NAME="PRODUCT" ESCAPE=HTML></title></head>
<body>
