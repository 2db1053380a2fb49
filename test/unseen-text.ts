/** By their code points, because they could not be told apart on screen. */
export const invisible = [
  '200b 200c 200d', // Zero-width space, non-joiner and joiner.
  '2060 feff', // Word joiner, byte order mark.
  'ad', // Soft hyphen.
  '34f', // Combining grapheme joiner.
  '115f 1160', // Hangul fillers.
  '3164',
  'ffa0',
  '17b4 17b5', // Khmer vowels that are not displayed.
  '180e', // Mongolian vowel separator.
  '2800', // Braille pattern without dots.
  '2061 2062 2063 2064', // Invisible operators.
  'fe0e fe0f', // Variation selectors.
  'e0100',
  'e0061 e007f', // Tags.
  '1d159', // A note without a notehead.
  'fff9 fffb', // Annotations.
  '301', // An accent without a letter.
  '20dd',
  '200b 20 2003 200b', // Spaces between invisible characters.
].map((codes) => String.fromCodePoint(...codes.split(' ').map((code) => Number.parseInt(code, 16))));

/** Characters that control the direction of text (Unicode, Bidi_Control). */
export const bidiControls = [
  0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069,
].map((code) => String.fromCodePoint(code));
