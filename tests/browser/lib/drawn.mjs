// What cameras of a lesson see, drawn: a teacher at the blackboard, classes with a pupil who speaks; and slides to teach
// from. For pictures of the pages that show nobody's face.

const INK = '#22211f';

/** A person from the waist up, `s` units per head radius, feet of the drawing at (x, y). */
function person({ x, y, s, coat, skin = '#e3b48e', long = false, mouth = 'M-.3 .55Q0 .7 .3 .55', extra = '' }) {
  const hair = long
    ? '<path d="M-1.02 .1C-1.25 1.5-1.05 1.9-.8 1.9L-.72 0ZM1.02 .1C1.25 1.5 1.05 1.9 .8 1.9L.72 0Z"/>'
    : '';
  return `<g transform="translate(${x} ${y}) scale(${s})">
    <g fill="${INK}">${hair}</g>
    <path d="M-2.1 5.2C-2.1 2.6-1.5 1.75-.55 1.55L0 1.95 .55 1.55C1.5 1.75 2.1 2.6 2.1 5.2Z" fill="${coat}"/>
    <path d="M-.5 1.5 0 2.3 .5 1.5 .42 .8H-.42Z" fill="#f3f0e8"/>
    <path d="M-.36 .7H.36V1.4L0 1.75-.36 1.4Z" fill="${skin}" opacity=".92"/>
    <ellipse rx=".86" ry="1" fill="${skin}"/>
    <path d="M-.92 .12C-1.05-.9-.55-1.25 0-1.25S1.05-.9 .92 .12C.8-.3 .62-.52 .3-.62-.1-.4-.5-.35-.74-.42-.8-.25-.86-.05-.92 .12Z" fill="${INK}"/>
    <circle cx="-.32" cy=".1" r=".075" fill="${INK}"/><circle cx=".32" cy=".1" r=".075" fill="${INK}"/>
    <path d="${mouth}" fill="none" stroke="#9c5a48" stroke-width=".09" stroke-linecap="round"/>${extra}
  </g>`;
}

const defs = `<defs><radialGradient id="v" cx=".5" cy=".42" r=".75"><stop offset=".55" stop-opacity="0"/><stop offset="1" stop-opacity=".34"/></radialGradient>
  <linearGradient id="b" x2="1" y2="1"><stop stop-color="#2c5f4f"/><stop offset="1" stop-color="#1d4337"/></linearGradient></defs>`;
const svg = (body) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="1280" height="720" viewBox="0 0 1600 900">${defs}${body}<rect width="1600" height="900" fill="url(#v)"/></svg>`;
const layer = (body) => `<svg xmlns="http://www.w3.org/2000/svg" width="1280" height="720" viewBox="0 0 1600 900">${body}</svg>`;

/** A teacher at the blackboard: what stands still, and who moves. */
export function teacher() {
  const chalk = 'fill="none" stroke="#eef0e6" stroke-width="5" stroke-linecap="round"';
  const words = (x, y, size, text, colour = '#eef0e6') =>
    `<text x="${x}" y="${y}" font-size="${size}" fill="${colour}" font-family="'Noto Serif CJK SC',serif" font-style="italic">${text}</text>`;
  return [
    svg(`<rect width="1600" height="900" fill="#b9ab95"/><rect y="770" width="1600" height="130" fill="#8a7457"/>
      <rect x="56" y="56" width="1488" height="690" rx="8" fill="#8b6b45"/><rect x="82" y="82" width="1436" height="638" fill="url(#b)"/>
      <text x="140" y="170" font-size="62" fill="#eef0e6" font-family="'Noto Serif CJK SC',serif">浮力从哪里来</text>
      <path d="M160 300V620H470V300M160 380H470" ${chalk}/><path d="M180 430h50M400 440h50M190 560h60M380 570h60M200 500h30" ${chalk} opacity=".45"/>
      <rect x="250" y="410" width="130" height="120" ${chalk}/><path d="M315 410V260m-18 26 18-28 18 28" fill="none" stroke="#ffd65c" stroke-width="7"/>
      <path d="M315 530V690m-18-26 18 28 18-28" fill="none" stroke="#ff9d87" stroke-width="7"/>
      ${words(345, 300, 54, 'F', '#ffd65c')}${words(345, 680, 54, 'G', '#ff9d87')}
      ${words(560, 330, 66, 'F = F₂ − F₁')}${words(620, 440, 66, '= ρ g V')}<path d="M560 480q170 22 330-4" fill="none" stroke="#ffd65c" stroke-width="6"/>`),
    layer(person({ x: 1230, y: 420, s: 138, coat: '#3b4a63', long: true, extra: '<g fill="none" stroke="#3a3a3a" stroke-width=".06"><circle cx="-.32" cy=".1" r=".26"/><circle cx=".32" cy=".1" r=".26"/></g>' }) +
      '<path d="M1010 860C900 760 880 640 850 520l46-14c30 120 90 200 190 250Z" fill="#3b4a63"/><circle cx="870" cy="500" r="34" fill="#e3b48e"/>'),
  ];
}

/** A class; with a pupil in front who speaks into a microphone. */
export function classOf(coat, wall) {
  const rows = [];
  for (const [row, y, s, count] of [[0, 400, 30, 7], [1, 520, 42, 6], [2, 690, 62, 5]]) {
    for (let at = 0; at < count; at += 1) {
      const gap = 1600 / count;
      const x = gap * (at + 0.5) + (row % 2 === 0 ? 0 : 18);
      if (row === 2 && Math.abs(x - 800) < 200) continue;
      rows.push(person({ x, y, s, coat, long: (at + row) % 3 === 0 }));
      rows.push(`<rect x="${x - s * 2.4}" y="${y + s * 3.4}" width="${s * 4.8}" height="${s * 2.2}" rx="4" fill="#a9804f"/><rect x="${x - s * 2.4}" y="${y + s * 3.4}" width="${s * 4.8}" height="${s * 0.35}" fill="#c79c66"/>`);
    }
  }
  return [
    svg(`<rect width="1600" height="900" fill="${wall}"/><rect y="620" width="1600" height="280" fill="#c8bfae"/>
      <rect x="60" y="70" width="330" height="250" fill="#e9f3f6" stroke="#cfc9bb" stroke-width="14"/><path d="M225 70v250M60 195h330" stroke="#cfc9bb" stroke-width="10"/>
      <rect x="520" y="90" width="560" height="210" fill="#2d5b4e" stroke="#8b6b45" stroke-width="14"/><path d="M580 150h240M580 195h300M580 240h180" stroke="#dfe6dc" stroke-width="7" opacity=".8"/>
      <rect x="1220" y="80" width="210" height="420" fill="#b99a6d"/><circle cx="1250" cy="300" r="11" fill="#6b5536"/>${rows.join('')}`),
    layer(person({ x: 800, y: 420, s: 118, coat, mouth: 'M-.2 .55Q0 .78 .2 .55Q0 .48-.2 .55Z' }) +
      '<path d="M866 640 800 560" stroke="#2b2f31" stroke-width="34" stroke-linecap="round"/><circle cx="792" cy="548" r="34" fill="#3d4447"/><circle cx="880" cy="660" r="46" fill="#e3b48e"/>'),
  ];
}

/** Runs in a page before its scripts: its camera sees `layers`, the last of which moves; its microphone stays as it is. */
export function drawCamera(layers) {
  const media = navigator.mediaDevices;
  if (media === undefined) return;
  const original = media.getUserMedia.bind(media);
  const picture = () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [1280, 720];
    const context = canvas.getContext('2d');
    const images = layers.map((source) => Object.assign(new Image(), { src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}` }));
    let turn = 0;
    setInterval(() => {
      turn += 1;
      images.forEach((image, at) => {
        if (image.complete) context.drawImage(image, at === layers.length - 1 ? 3 * Math.sin(turn / 9) : 0, at === layers.length - 1 ? 2 * Math.sin(turn / 5) : 0);
      });
    }, 80);
    return canvas.captureStream(12).getVideoTracks()[0];
  };
  media.getUserMedia = async (wanted) => {
    if (!wanted.video) return original(wanted);
    const sound = wanted.audio ? (await original({ audio: wanted.audio })).getAudioTracks() : [];
    return new MediaStream([...sound, picture()]);
  };
}

/** A deck about buoyancy, printed by the browser; bytes of a PDF. */
export async function printLesson(browser) {
  const beaker = (fill, block) => `<svg viewBox="0 0 240 300" width="270"><path d="M20 60V280H220V60" fill="none" stroke="#3c4a45" stroke-width="6"/>
    <path d="M23 120H217V277H23Z" fill="${fill}"/>${block}</svg>`;
  const block = (y) => `<rect x="80" y="${y}" width="80" height="70" fill="#8b979f" stroke="#4c565b" stroke-width="4"/><path d="M120 ${y}V10" stroke="#3c4a45" stroke-width="4"/>`;
  const arrow = (y) => `<path d="M120 ${y + 20}V${y - 50}m-16 22 16-24 16 24" fill="none" stroke="#0f6e50" stroke-width="9"/>`;
  const pages = [
    ['浮力', '八年级物理 · 第十章 第一节', `<p class="big">木块浮着，铁块沉下去。<br>水对铁块有没有向上的力？</p>`],
    ['称重法测浮力', '先称一称，再放进水里称', `<div class="row"><figure>${beaker('none', block(40))}<figcaption>空气中 2.4 N</figcaption></figure>
      <figure>${beaker('#cfe4ee', block(170))}<figcaption>水中 1.6 N</figcaption></figure>
      <p class="sum">F<sub>浮</sub> = G − F<sub>拉</sub><br>= 2.4 N − 1.6 N<br><b>= 0.8 N</b></p></div>`],
    ['阿基米德原理', '排开的水有多重，浮力就有多大', `<div class="row"><figure>${beaker('#cfe4ee', block(150) + arrow(150))}<figcaption>排开的水 0.8 N</figcaption></figure>
      <p class="sum"><b>F<sub>浮</sub> = G<sub>排</sub></b><br>= m<sub>排</sub> g<br>= ρ<sub>液</sub> g V<sub>排</sub></p></div>`],
    ['例题 潜水艇怎样浮沉', '改变自身重力', `<p class="big">水舱进水：变重，下沉<br>水舱排水：变轻，上浮</p>`],
  ];
  const page = await browser.browser.newPage();
  await page.setContent(
    `<style>@page{size:1600px 900px;margin:0}body{margin:0;font-family:"Noto Sans CJK SC",sans-serif;color:#1c2421}
    section{box-sizing:border-box;width:1600px;height:900px;padding:64px 90px;border-top:12px solid #0f6e50;background:#fbfaf5;page-break-after:always}
    h1{font-size:76px;margin:0}h2{font-size:40px;color:#525b56;font-weight:400;margin:8px 0 40px}.row{display:flex;align-items:center;gap:110px}
    figure{margin:0;text-align:center}figcaption{font-size:40px;margin-top:12px}.big{font-size:66px;line-height:1.7}
    .sum{font-size:66px;line-height:1.75;margin:0;font-family:"Noto Serif CJK SC",serif}.sum b{color:#0f6e50}sub{font-size:.5em}</style>` +
      pages.map(([title, under, body]) => `<section><h1>${title}</h1><h2>${under}</h2>${body}</section>`).join(''),
  );
  const pdf = await page.pdf({ width: '1600px', height: '900px', printBackground: true, preferCSSPageSize: true });
  await page.close();
  return pdf;
}
