// Last of the page's script: show what the address asks for, then draw.
window.addEventListener('hashchange', follow);
explain(document.querySelector('main'));
follow();
document.body.dataset.interactive = String(Math.round(performance.now()));

// one figure at a time, so that the page answers in between
for (const place of document.querySelectorAll('figure.drawn .chart')) {
  await draw(place);
  await new Promise((next) => setTimeout(next));
}
if (location.hash) element(location.hash.startsWith('#compare') ? 'compare' : 'sheet').scrollIntoView();
document.body.dataset.drawn = String(Math.round(performance.now()));
