import { isIPv6 } from 'node:net';

/**
 * The part of an address that one household or server cannot change at will: the whole of an IPv4 address, the first 64 bits of an IPv6 one.
 */
export function addressKey(ip: string): string {
  const address = ip
    .toLowerCase()
    .replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '')
    .replace(/%.*$/, '');
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = (part = ''): string[] => part.split(':').filter(Boolean);
  const known = groups(head);
  const gap = tail === undefined ? 0 : 8 - known.length - groups(tail).length;
  const all = [...known, ...Array<string>(gap).fill('0'), ...groups(tail)];
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
