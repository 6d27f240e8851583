// Take a figure away: its numbers as CSV, its drawing as SVG or PNG, made here and saved without a server.
function save(content, type, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], {type}));
  link.download = page.take.file + '_' + name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// numbers as programs read them: a comma in Danish files, as spreadsheets of that language expect
function csv(tables) {
  const between = page.locale.decimal === ',' ? ';' : ',';
  const written = (cell) => {
    const text = cell.dataset.n === undefined ? cell.textContent.trim() : cell.dataset.n.replace('.', page.locale.decimal);
    return text.includes(between) || /["\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  const lines = tables.map((table) => [...table.rows].map((row) => [...row.cells].map(written).join(between)).join('\r\n'));
  return '\ufeff' + lines.join('\r\n\r\n') + '\r\n';
}

function wrapped(text, letters) {
  const lines = [''];
  for (const word of text.split(' ')) {
    if (lines.at(-1).length + word.length > letters) lines.push('');
    lines.push((lines.pop() + ' ' + word).trim());
  }
  return lines;
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

// the drawing with its title above, and below it whose numbers they are: a picture travels without its page
async function picture(view, title) {
  const inner = await view.toSVG();
  const [, across, down] = /width="([\d.]+)"[^>]*height="([\d.]+)"/.exec(inner).map(Number);
  const width = Math.max(across, 320) + 24;
  const [above, below] = [wrapped(title, width / 8.4), wrapped(page.take.note, width / 6.2)];
  const top = 14 + 20 * above.length;
  const height = top + down + 12 + 15 * below.length;
  const text = (lines, y, step, look) => lines.map((line, row) =>
    `<text x="12" y="${y + step * row}" font-family="Helvetica, Arial, sans-serif" ${look}>${escaped(line)}</text>`).join('');
  return {width, height, svg: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`
    + '<rect width="100%" height="100%" fill="#fff"/>' + text(above, 20, 20, 'font-size="15" font-weight="bold"')
    + inner.replace('<svg ', `<svg x="12" y="${top}" `) + text(below, top + down + 14, 15, 'font-size="11" fill="#444"') + '</svg>'};
}

function png({svg, width, height}) {
  return new Promise((done, failed) => {
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [2 * width, 2 * height];
      canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(done, 'image/png');
    };
    image.onerror = failed;
    image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(svg);
  });
}

function tablesOf(figure) {
  const table = figure.dataset.block ? document.querySelector(`#sheet-tables .block-${figure.dataset.block} table`) : figure.querySelector('table');
  return table ? [table] : [];
}

async function take(kind, figure) {
  const place = figure.querySelector('.chart');
  const own = figure.closest('#sheet') ? chosen : figure.closest('#compare') ? compared.join('-') : '';
  const name = (figure.id || place.dataset.chart) + (own && '_' + own);
  if (kind === 'csv') return save(csv(tablesOf(figure)), 'text/csv', name + '.csv');
  await draw(place);
  const title = figure.querySelector('h3').textContent + (figure.closest('#sheet') ? ': ' + named(chosen) : '');
  const made = await picture(views[place.dataset.chart], title);
  if (kind === 'svg') save(made.svg, 'image/svg+xml', name + '.svg');
  else save(await png(made), 'image/png', name + '.png');
}

document.addEventListener('click', (event) => {
  const asked = event.target.closest('button[data-take]');
  if (asked) take(asked.dataset.take, asked.closest('figure, .takes'));
});
element('sheet-csv').addEventListener('click', () =>
  save(csv([...document.querySelectorAll('#sheet-tables table')]), 'text/csv', 'sheet_' + chosen + '.csv'));
element('compare-csv').addEventListener('click', () =>
  save(csv([element('compare-table')]), 'text/csv', 'compare_' + compared.join('-') + '.csv'));
