/**
 * Text from elsewhere (names, addresses, sentences of peers), made fit for a terminal: nothing in it that a terminal
 * obeys, and its width counted in the columns that it takes up there.
 */

/** Control and format characters (so also those that turn the writing round), halves of pairs, what has no shape. */
const OBEYED = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/gu;
const PLAIN = /^[\x20-\x7e]*$/;
/** Marks on the character before them, and the vowels and ends of Korean syllables. */
const MARK = /^[\p{Mn}\p{Me}\u1160-\u11ff]$/u;
/** Two columns wide [UAX #11: W and F]; emoji stand in the pattern by themselves. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;
const ELLIPSIS = "…";

/** Replaces whatever a terminal would obey. */
export function harmless(text: string): string {
  return PLAIN.test(text) ? text : text.normalize("NFC").replace(OBEYED, "\ufffd");
}

/** Columns that harmless text takes up. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOfOne(character);
  return width;
}

/** Harmless text, cut to at most `width` columns; an ellipsis shows where. */
export function fit(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width <= 0) return "";
  let kept = "";
  let left = width - 1;
  for (const character of text) {
    left -= widthOfOne(character);
    if (left < 0) break;
    kept += character;
  }
  return kept + ELLIPSIS;
}

function widthOfOne(character: string): number {
  if (MARK.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
