// What portal.js expects of libraries that these pages do without, and what they have more.
(function ($) {
  "use strict";
  ["tabs", "sortable", "draggable"].forEach(function (name) {
    $.fn[name] = function () { return this; };
  });

  function mark(language) {
    document.documentElement.lang = language;
    $("#choose-language button").each(function () {
      this.setAttribute("aria-pressed", String(this.value === language));
    });
  }

  $(function () {
    mark(document.documentElement.lang);
    // The words are there: say of which page this is.
    $(document).on("ajaxSuccess", function () {
      document.title = $("h1").first().text().trim() + " - " + $(".brand").text();
    });
    $("#choose-language").on("click", "button", function () {
      document.cookie = "llnglanguage=" + this.value + "; path=/; max-age=31536000; SameSite=Lax; Secure";
      mark(this.value);
      window.translatePage(this.value);
    });
    // A code is sent with Enter as well.
    $("#code").on("keydown", function (event) {
      if (event.key === "Enter") { event.preventDefault(); $("#verify").trigger("click"); }
    });
    // A password that was refused: its form stands open, beside the words why.
    var word = $(".message [trmsg]").attr("trmsg");
    if (["26", "27", "28", "29", "30", "31", "34", "39", "74", "100", "101", "111"].indexOf(word) >= 0) {
      $("details#password").attr("open", "");
    }
  });
})(jQuery);
