// Draw the figures, mark the chosen municipality in all of them, and show its sheet.
const page = JSON.parse(document.getElementById('page-data').textContent);
const element = (id) => document.getElementById(id);
const select = element('municipality');
const views = {};
const drawing = {};
let chosen = '';

// a chart is drawn once, whoever asks first
function draw(place) {
  const name = place.dataset.chart;
  drawing[name] ??= drawOnce(place, name);
  return drawing[name];
}

async function drawOnce(place, name) {
  try {
    const {view} = await window.vegaEmbed(place, page.charts[name], {
      actions: false, renderer: 'svg', formatLocale: page.locale, tooltip: {theme: 'custom'},
    });
    place.querySelector('svg').setAttribute('aria-hidden', 'true');
    place.removeAttribute('title');
    views[name] = view;
    mark(view);
    view.addEventListener('click', (event, item) => {
      const code = item && item.datum && item.datum.municipality_code;
      if (code) choose(code);
    });
    place.dataset.drawn = 'yes';
  } catch (problem) {
    window.failed.push(name + ': ' + problem);
    place.textContent = page.failed;
  }
}

// after other rows are shown, axes may need more room: hence the resize
function mark(view) {
  if (!view) return;
  for (const [signal, value] of [['chosen', chosen], ['compared', compared]]) {
    try { view.signal(signal, value).resize().runAsync(); } catch (problem) { /* this chart shows no municipalities */ }
  }
}

function fill(id, template) {
  element(id).replaceChildren(template ? template.content.cloneNode(true) : '');
}

function show(code) {
  const option = [...select.options].find((each) => each.value === code);
  chosen = option ? code : '';
  select.value = chosen;
  const name = chosen ? option.textContent : '';
  document.body.classList.toggle('has-sheet', chosen !== '');
  element('sheet-chosen').hidden = !chosen;
  element('sheet-none').hidden = !!chosen;
  element('to-sheet').hidden = !chosen;
  element('sheet-title').textContent = name || element('sheet-title').dataset.none;
  fill('sheet-lead', element('lead-' + chosen));
  fill('sheet-tables', element('tables-' + chosen));
  explain(element('sheet'));
  const peers = chosen && element('lead-' + chosen).dataset.peers;
  element('compare-peers').hidden = !peers;
  element('compare-peers').href = '#compare=' + [chosen, peers].join(',');
  document.title = chosen ? page.titles.one.replace('%s', name) : page.titles.none;
  element('said').textContent = chosen ? page.titles.said.replace('%s', name) : '';
  const hash = chosen ? '#municipality=' + chosen : '';
  element('sheet-link').href = hash || '#';
  element('other-language').href = element('other-language').href.split('#')[0] + hash;
  say(chosen && JSON.parse(element('lead-' + chosen).dataset.empty || '{}'));
  Object.values(views).forEach(mark);
  if (chosen) drawSheet();
}

async function drawSheet() {
  await Promise.all([...document.querySelectorAll('#sheet .chart:not([hidden])')].map(draw));
  document.body.dataset.sheet ??= String(Math.round(performance.now()));
}

// a chart that has nothing of the municipality says why
function say(reasons) {
  for (const place of document.querySelectorAll('#sheet .chart')) {
    const reason = reasons && reasons[place.dataset.chart];
    place.hidden = !!reason;
    place.nextElementSibling.hidden = !reason;
    place.nextElementSibling.textContent = reason || '';
    const note = place.parentElement.querySelector('.note');
    if (note) note.hidden = !!reason;
  }
}

function choose(code) {
  history.replaceState(null, '', code ? '#municipality=' + code : location.pathname + location.search);
  show(code);
}

// an address that names a municipality, or several to compare; what it names wrongly is said in a sentence
function follow() {
  const [, what, codes] = /^#(municipality|compare)=(.*)$/.exec(decodeURIComponent(location.hash)) || [];
  if (what === 'municipality') {
    show(codes);
    element('sheet-message').hidden = !!chosen || !codes;
    element('sheet-message').textContent = chosen ? '' : side.words.unknown.replace('%s', codes);
    element('sheet').scrollIntoView();
  } else if (what === 'compare') {
    compare(codes.split(','));
    element('compare').scrollIntoView();
  }
}

element('sheet-title').dataset.none = element('sheet-title').textContent;
select.addEventListener('change', () => choose(select.value));
element('to-sheet').addEventListener('click', (event) => {
  event.preventDefault();  // the address keeps the municipality
  element('sheet').scrollIntoView();
  element('sheet').focus({preventScroll: true});
});
for (const link of document.querySelectorAll('.contents a')) {
  link.addEventListener('click', (event) => {
    event.preventDefault();
    const target = document.querySelector(link.getAttribute('href'));
    target.scrollIntoView();
    target.focus({preventScroll: true});
  });
}
element('print-sheet').addEventListener('click', () => {
  document.body.classList.add('only-sheet');
  window.print();
});
window.addEventListener('afterprint', () => document.body.classList.remove('only-sheet', 'only-compare'));
