// A word of the glossary becomes a link that opens its entry where it stands, once in each piece of text.
const entry = element('term');
const forms = new Map(page.terms.flatMap(({id, forms}) => forms.map((form) => [form.toLowerCase(), id])));
const known = new RegExp('(?<![\\p{L}-])(' + [...forms.keys()].sort((a, b) => b.length - a.length).join('|') + ')(?![\\p{L}])', 'giu');
const EXPLAINED = '.chapter > p, .lead > p, figcaption p, .small p, .note, .answers dd, .block h3, .block th, #compare-table th, #compare-pairs li:last-child, summary + div thead th';

function opener(text, id) {
  const made = document.createElement('a');
  made.href = '#word-' + id;
  made.className = 'term';
  made.textContent = text;
  made.addEventListener('click', (event) => { event.preventDefault(); open(made, id); });
  return made;
}

function open(from, id) {
  const source = element('word-' + id);
  entry.querySelector('dfn').textContent = source.textContent;
  entry.querySelector('p').textContent = source.nextElementSibling.textContent;
  entry.showPopover({source: from});
  const box = from.getBoundingClientRect();
  const below = box.bottom + 6;
  entry.style.left = Math.max(8, Math.min(box.left, innerWidth - entry.offsetWidth - 8)) + 'px';
  entry.style.top = (below + entry.offsetHeight > innerHeight ? Math.max(8, box.top - entry.offsetHeight - 6) : below) + 'px';
  entry.focus({preventScroll: true});
}

function explainOne(piece) {
  const seen = new Set([...piece.querySelectorAll('a.term')].map((each) => each.dataset.term));
  const walker = document.createTreeWalker(piece, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest('button, a, summary')) texts.push(walker.currentNode);
  for (const node of texts) {
    const parts = [];
    let last = 0;
    for (const found of node.data.matchAll(known)) {
      const id = forms.get(found[0].toLowerCase());
      if (seen.has(id)) continue;
      seen.add(id);
      const made = opener(found[0], id);
      made.dataset.term = id;
      parts.push(node.data.slice(last, found.index), made);
      last = found.index + found[0].length;
    }
    if (parts.length) node.replaceWith(...parts, node.data.slice(last));
  }
}

function explain(within) {
  within.querySelectorAll(EXPLAINED).forEach(explainOne);
}

// a reader who scrolls on has read it
window.addEventListener('scroll', () => { if (entry.matches(':popover-open')) entry.hidePopover(); }, {passive: true});
