import { isIP, isIPv4 } from 'node:net';

/**
 * The usual spelling of an address: IPv4 without the IPv6 around it (RFC 4291, 2.5.5.2), in lower case, and without a
 * zone, which means something on one machine only.
 * @returns null if the text is not an address
 */
export function plainAddress(text: string): string | null {
  if (isIPv4(text)) return text;
  if (isIP(text) === 0) return null;
  const [address = ''] = text.toLowerCase().split('%');
  return mappedIPv4(partsOf(address)) ?? address;
}

/**
 * The group that every limit of addresses counts by, and that makes an address a known one: the /64 of an IPv6 address,
 * because everyone has as many addresses in theirs as they like, or an IPv4 address itself. Every spelling of an
 * address gives the same group, and so does the group itself.
 */
export function addressGroup(address: string): string {
  const plain = plainAddress(address);
  if (plain === null || isIPv4(plain)) return plain ?? address;
  return `${partsOf(plain).slice(0, 4).join(':')}::/64`;
}

/** The eight parts of an IPv6 address, without leading zeros. */
function partsOf(address: string): string[] {
  const [head = '', tail] = address.split('::').map(partsOfRun);
  if (tail === undefined) return [...head];
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
}

function partsOfRun(run: string): readonly string[] {
  if (run === '') return [];
  return run.split(':').flatMap((part) => (part.includes('.') ? partsOfIPv4(part) : [stripped(part)]));
}

function partsOfIPv4(address: string): readonly string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return [a * 256 + b, c * 256 + d].map((part) => part.toString(16));
}

function stripped(part: string): string {
  return part.replace(/^0+(?=.)/, '');
}

/** The IPv4 address in one of `::ffff:0:0/96`; null for any other. */
function mappedIPv4(parts: readonly string[]): string | null {
  if (parts.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return null;
  return parts
    .slice(6)
    .map((part) => Number.parseInt(part, 16))
    .flatMap((part) => [part >> 8, part & 255])
    .join('.');
}
