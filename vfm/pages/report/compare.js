// Two to six municipalities side by side: #compare=615,621. The cells are written by compare.py; nothing is computed here.
const side = page.compare;
const adder = element('compare-add');
const listed = new Intl.ListFormat(page.language, {type: 'conjunction'});
let compared = [];

function named(code) {
  const option = [...select.options].find((each) => each.value === code && code);
  return option ? option.textContent : '';
}

function saying(key, ...blanks) {
  return blanks.reduce((text, blank) => text.replace('%s', blank), side.words[key]);
}

function button(text, label, act) {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = text;
  made.setAttribute('aria-label', label);
  made.addEventListener('click', act);
  return made;
}

function tableOfCompared() {
  const table = element('compare-table');
  const head = document.createElement('tr');
  head.append(document.createElement('td'));
  for (const code of compared) {
    const cell = head.appendChild(document.createElement('th'));
    cell.scope = 'col';
    cell.textContent = named(code);
  }
  const rows = side.labels.map((label, row) => {
    const line = document.createElement('tr');
    const first = line.appendChild(document.createElement('th'));
    first.scope = 'row';
    first.textContent = label;
    for (const code of compared) {
      const [text, number] = [].concat(side.cells[code][row]);
      const cell = line.appendChild(document.createElement('td'));
      cell.textContent = text;
      if (number !== undefined) cell.dataset.n = number;
    }
    return line;
  });
  table.tHead.replaceChildren(head);
  table.tBodies[0].replaceChildren(...rows);
}

// which of them stand apart from each other; among more than two by the intervals for all pairs of six together
function pairsOfCompared() {
  const better = compared.length > 2 ? ['A'] : ['A', 'a'];
  const told = [];
  const isBetter = (one, other) => better.includes((side.pairs[other] || '')[side.benchmarked.indexOf(one)]);
  for (const one of compared) {
    const worse = compared.filter((other) => isBetter(one, other)).map(named);
    if (worse.length) told.push(saying('better', named(one), listed.format(worse)));
  }
  const outside = compared.filter((code) => !side.pairs[code]).map(named);
  if (!told.length && compared.length - outside.length > 1) told.push(saying('none_apart'));
  if (outside.length) told.push(saying('outside', listed.format(outside)));
  told.push(saying(compared.length > 2 ? 'joint' : 'pair'));
  element('compare-pairs').replaceChildren(...told.map((text) => {
    const item = document.createElement('li');
    item.textContent = text;
    return item;
  }));
}

// what a link or a choice asks for: what cannot be shown is said in one sentence each
function compare(asked) {
  const wanted = [...new Set(asked.filter(Boolean))];
  const unknown = wanted.filter((code) => !named(code));
  const known = wanted.filter(named);
  compared = known.slice(0, side.most);
  const said = [];
  if (unknown.length) said.push(saying('unknown', unknown.join(', ')));
  if (known.length > side.most) said.push(saying('many', listed.format(known.slice(side.most).map(named))));
  if (compared.length === 1) said.push(saying('one', named(compared[0])));
  element('compare-message').textContent = said.join(' ');
  element('compare-message').hidden = !said.length;
  const isShown = compared.length > 1;
  element('compare-shown').hidden = !isShown;
  document.body.classList.toggle('has-compare', isShown);
  element('compare-chosen').replaceChildren(...compared.map((code) => {
    const item = document.createElement('li');
    item.append(named(code), button('\u00d7', page.takeOut.replace('%s', named(code)), () => compareChosen(compared.filter((each) => each !== code))));
    return item;
  }));
  adder.value = '';
  adder.disabled = compared.length >= side.most;
  const hash = '#compare=' + compared.join(',');
  element('compare-link').href = hash;
  if (!isShown) return;
  element('other-language').href = element('other-language').href.split('#')[0] + hash;
  tableOfCompared();
  pairsOfCompared();
  explain(element('compare-shown'));
  for (const place of document.querySelectorAll('#compare .chart')) draw(place);
  Object.values(views).forEach(mark);
}

function compareChosen(codes) {
  history.replaceState(null, '', codes.length ? '#compare=' + codes.join(',') : location.pathname + location.search);
  compare(codes);
}

for (const option of select.options) adder.append(new Option(option.value ? option.textContent : adder.dataset.none, option.value));
adder.addEventListener('change', () => compareChosen([...compared, adder.value]));
element('print-compare').addEventListener('click', () => {
  document.body.classList.add('only-compare');
  window.print();
});
