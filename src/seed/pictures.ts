import type { DemoProduct } from './demo-product.ts';
import { demoProducts } from './demo-products.ts';
import { emblems, type Palette, shapes } from './picture-shapes.ts';

/** The path of a demo product's picture on the server. */
export function picturePath(sku: string): string {
  return `/pictures/${sku}.svg`;
}

/** The pictures of the demo products, by their paths. */
export function demoPictures(): ReadonlyMap<string, string> {
  return new Map(demoProducts.map((product) => [picturePath(product.sku), pictureOf(product)]));
}

/** The product on a soft background in its own colour, with an emblem on it. */
function pictureOf({ name, look }: DemoProduct): string {
  const palette = paletteOf(look.hue);
  const { draw, emblemAt } = shapes[look.shape];
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" width="480" height="480" viewBox="0 0 240 240" role="img">',
    `<title>${escaped(name)}</title>`,
    '<defs><linearGradient id="ground" x2="0.6" y2="1">',
    `<stop stop-color="${palette.ground}"/><stop offset="1" stop-color="${palette.horizon}"/>`,
    '</linearGradient></defs>',
    '<rect width="240" height="240" fill="url(#ground)"/>',
    `<circle cx="196" cy="48" r="88" fill="#fff" opacity="0.22"/>`,
    `<ellipse cx="120" cy="204" rx="76" ry="9" fill="${palette.dark}" opacity="0.2"/>`,
    draw(palette),
    `<g transform="translate(${emblemAt.x} ${emblemAt.y}) scale(${emblemAt.size / 24}) translate(-12 -12)">`,
    `<path d="${emblems[look.emblem]}" fill="${palette.accent}"/></g>`,
    '</svg>',
  ].join('');
}

/** @param hue in degrees of the colour wheel */
function paletteOf(hue: number): Palette {
  return {
    ground: `hsl(${hue} 58% 91%)`,
    horizon: `hsl(${(hue + 28) % 360} 52% 78%)`,
    light: `hsl(${hue} 50% 64%)`,
    main: `hsl(${hue} 46% 48%)`,
    dark: `hsl(${hue} 48% 28%)`,
    accent: `hsl(${(hue + 42) % 360} 88% 92%)`,
  };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
