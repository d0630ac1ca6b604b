/* Mends what axe-core finds in sphinx-book-theme 1.3 (pydata-sphinx-theme 0.17), for readers who hear the page. */
(() => {
  "use strict";

  function mend() {
    // A spoken name must contain the text that is seen: "Search Ctrl+K", which is what the button says without the label.
    document.querySelectorAll(".search-button-field").forEach((button) => button.removeAttribute("aria-label"));
    // Titles of the three icons, of which one is shown, would be part of the button's text.
    document.querySelectorAll("i.theme-switch").forEach((icon) => icon.removeAttribute("title"));
    // docutils gives the entries of a bibliography a role that ARIA has withdrawn; its list needs this one.
    document.querySelectorAll("[role=doc-biblioentry]").forEach((entry) => entry.setAttribute("role", "listitem"));
    // The logo stands in the sidebar outside any landmark.
    const sidebar = document.querySelector(".bd-sidebar-primary");
    if (sidebar) {
      sidebar.setAttribute("role", "complementary");
      sidebar.setAttribute("aria-label", "Book");
    }
  }

  mend();
})();
