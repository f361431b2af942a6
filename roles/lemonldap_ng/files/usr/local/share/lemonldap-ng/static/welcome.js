// A letter's link has its code behind the #, which no server sees: it is sent from here, as who types
// it would, and is gone from the address and from the browser's history.
(function () {
  "use strict";
  function take() {
    var code = location.hash.slice(1);
    var form = document.getElementById("welcome-code-form");
    if (!code) { return; }
    history.replaceState(null, "", location.pathname);
    if (form) {
      form.elements.code.value = code;
      form.submit();
    }
  }
  window.addEventListener("hashchange", take);
  take();
})();
