/** The colours of one picture, as SVG values. */
export interface Palette {
  readonly ground: string;
  readonly horizon: string;
  readonly light: string;
  readonly main: string;
  readonly dark: string;
  readonly accent: string;
}

interface Shape {
  /** Returns SVG for a field of 240 by 240; the shape stands on the line at 204. */
  draw(palette: Palette): string;
  /** The centre of the emblem, and its width and height. */
  readonly emblemAt: { readonly x: number; readonly y: number; readonly size: number };
}

/** SVG paths in a field of 24 by 24. */
export const emblems = {
  star: 'M12 2l3 6.6 7.1.7-5.4 4.8 1.6 7L12 17.4 5.7 21.1l1.6-7L1.9 9.3 9 8.6z',
  leaf: 'M4 20C3 9 9 3 21 3c0 12-6 18-14.5 15.7L12 12l-7 7z',
  moon: 'M15.5 2.5A9.8 9.8 0 1 0 21.5 16 8.2 8.2 0 0 1 15.5 2.5z',
  heart: 'M12 21C4 15 1.5 11 2.5 7.2 3.7 3 9.3 2.5 12 6.7 14.7 2.5 20.3 3 21.5 7.2 22.5 11 20 15 12 21z',
  mountain: 'M1 20L9 5l4.5 8L16 9l7 11z',
  drop: 'M12 2c4.5 5.8 7 9.3 7 12.5a7 7 0 0 1-14 0C5 11.3 7.5 7.8 12 2z',
  diamond: 'M6.5 3h11L23 9.5 12 22 1 9.5z',
  sun: 'M12 6.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM11 1h2v4h-2zM11 19h2v4h-2zM1 11h4v2H1zM19 11h4v2h-4zM3.6 5l1.4-1.4 2.8 2.8-1.4 1.4zM16.2 17.6l1.4-1.4 2.8 2.8-1.4 1.4zM3.6 19l2.8-2.8 1.4 1.4L5 20.4zM16.2 6.4L19 3.6 20.4 5l-2.8 2.8z',
} as const;

export const shapes = {
  mug: {
    draw: ({ light, main, dark }) =>
      `<path d="M158 104h22c18 0 26 12 26 28s-10 30-30 30h-18v-15h18c10 0 15-6 15-15s-5-13-13-13h-20z" fill="${dark}"/>` +
      `<path d="M62 84h104v92c0 16-12 28-28 28H90c-16 0-28-12-28-28z" fill="${main}"/>` +
      `<path d="M62 84h30v92c0 16 5 28 14 28H90c-16 0-28-12-28-28z" fill="${light}"/>` +
      `<ellipse cx="114" cy="84" rx="52" ry="13" fill="${dark}"/>` +
      `<path d="M92 62c-8-9 8-15 0-26m26 26c-8-9 8-15 0-26m26 26c-8-9 8-15 0-26" fill="none" stroke="#fff" stroke-width="6" stroke-linecap="round" opacity="0.7"/>`,
    emblemAt: { x: 126, y: 146, size: 48 },
  },
  notebook: {
    draw: ({ light, main, dark }) =>
      `<rect x="66" y="48" width="116" height="156" rx="8" fill="#fff"/>` +
      `<path d="M182 60v136m-5-138v140" stroke="${light}" stroke-width="2"/>` +
      `<rect x="58" y="44" width="114" height="160" rx="10" fill="${main}"/>` +
      `<path d="M68 44h14v160H68a10 10 0 0 1-10-10V54a10 10 0 0 1 10-10z" fill="${dark}"/>` +
      `<path d="M152 44h10v160h-10z" fill="${light}"/>`,
    emblemAt: { x: 117, y: 116, size: 50 },
  },
  shirt: {
    draw: ({ light, main, dark }) =>
      `<path d="M92 48l-52 28 16 44 22-8v92h84v-92l22 8 16-44-52-28c-6 14-16 20-28 20s-22-6-28-20z" fill="${main}"/>` +
      `<path d="M92 48l-52 28 16 44 22-8V90zM148 48c-6 14-16 20-28 20s-22-6-28-20l-6 3c6 20 18 29 34 29s28-9 34-29z" fill="${light}"/>` +
      `<path d="M78 196h84v8H78z" fill="${dark}"/>`,
    emblemAt: { x: 120, y: 132, size: 52 },
  },
  pin: {
    draw: ({ light, main, dark }) =>
      `<circle cx="120" cy="122" r="80" fill="${dark}"/>` +
      `<circle cx="120" cy="120" r="74" fill="${main}"/>` +
      `<circle cx="120" cy="120" r="60" fill="none" stroke="${light}" stroke-width="6"/>` +
      `<path d="M66 84a64 64 0 0 1 40-27" fill="none" stroke="#fff" stroke-width="8" stroke-linecap="round" opacity="0.7"/>`,
    emblemAt: { x: 120, y: 120, size: 76 },
  },
  poster: {
    draw: ({ light, main, dark }) =>
      `<path d="M120 22l-40 22m40-22l40 22" stroke="${dark}" stroke-width="3"/>` +
      `<rect x="58" y="44" width="124" height="160" fill="${dark}"/>` +
      `<rect x="66" y="52" width="108" height="144" fill="${main}"/>` +
      `<path d="M66 196v-42l30-26 26 22 22-18 30 26v38z" fill="${light}"/>` +
      `<path d="M66 196v-20l40-18 36 16 32-12v34z" fill="${dark}" opacity="0.55"/>`,
    emblemAt: { x: 120, y: 92, size: 52 },
  },
  lantern: {
    draw: ({ light, main, dark }) =>
      `<path d="M84 76a36 36 0 0 1 72 0" fill="none" stroke="${dark}" stroke-width="6"/>` +
      `<path d="M92 60h56l10 24H82z" fill="${main}"/>` +
      `<path d="M84 84h72l8 92H76z" fill="#fff4cf"/>` +
      `<path d="M84 84h10l-4 92H76zM146 84h10l8 92h-14z" fill="${light}"/>` +
      `<path d="M120 84v92" stroke="${light}" stroke-width="4" opacity="0.5"/>` +
      `<path d="M120 104c14 20 18 28 18 38a18 18 0 0 1-36 0c0-10 4-18 18-38z" fill="#f5a524"/>` +
      `<path d="M70 176h100v18a10 10 0 0 1-10 10H80a10 10 0 0 1-10-10z" fill="${dark}"/>`,
    emblemAt: { x: 120, y: 190, size: 20 },
  },
  plant: {
    draw: ({ light, main, dark }) =>
      `<path d="M118 140C112 84 84 62 48 60c2 44 26 74 70 80z" fill="#4f9d69"/>` +
      `<path d="M122 140c4-62 34-86 72-88 0 48-28 82-72 88z" fill="#3b8256"/>` +
      `<path d="M120 144c-20-50-14-84 2-108 18 26 22 60-2 108z" fill="#6cbf84"/>` +
      `<path d="M68 132h104l-14 72H82z" fill="${main}"/>` +
      `<path d="M68 132h34l4 72H82z" fill="${light}"/>` +
      `<rect x="60" y="124" width="120" height="18" rx="5" fill="${dark}"/>`,
    emblemAt: { x: 128, y: 174, size: 34 },
  },
  bag: {
    draw: ({ light, main, dark }) =>
      `<path d="M90 92V72a30 30 0 0 1 60 0v20" fill="none" stroke="${dark}" stroke-width="9"/>` +
      `<path d="M58 88h124l10 106a10 10 0 0 1-10 10H58a10 10 0 0 1-10-10z" fill="${main}"/>` +
      `<path d="M58 88h30l-2 116H58a10 10 0 0 1-10-10z" fill="${light}"/>` +
      `<path d="M58 88h124l1.5 16H56.5z" fill="${dark}"/>`,
    emblemAt: { x: 130, y: 152, size: 56 },
  },
  box: {
    draw: ({ light, main, dark }) =>
      `<path d="M44 92l76-32 76 32v78l-76 34-76-34z" fill="${main}"/>` +
      `<path d="M44 92l76 32v80l-76-34z" fill="${light}"/>` +
      `<path d="M44 92l76-32 76 32-76 32z" fill="${dark}"/>` +
      `<path d="M78 78l76 32v26l18-8v-26L96 70z" fill="#fff" opacity="0.45"/>`,
    emblemAt: { x: 84, y: 152, size: 44 },
  },
  jar: {
    draw: ({ light, main, dark }) =>
      `<rect x="78" y="44" width="84" height="26" rx="7" fill="${dark}"/>` +
      `<path d="M84 70h72c0 14 18 18 18 40v74a20 20 0 0 1-20 20H86a20 20 0 0 1-20-20v-74c0-22 18-26 18-40z" fill="${light}"/>` +
      `<path d="M66 116h108v68a20 20 0 0 1-20 20H86a20 20 0 0 1-20-20z" fill="${main}"/>` +
      `<path d="M80 112v66" stroke="#fff" stroke-width="7" stroke-linecap="round" opacity="0.6"/>`,
    emblemAt: { x: 124, y: 154, size: 50 },
  },
} as const satisfies Readonly<Record<string, Shape>>;
