// What oidc-provider 9 takes for granted and Node.js 18, which Debian 12 has, lacks. Imported before it; nothing is
// replaced where it is there. `crypto.hash` cannot be added to a built-in module: only keys without an id and codes that
// are real need it, and this stand-in has neither.
import { webcrypto } from 'node:crypto';

URL.parse ??= (text, base) => {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
};
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;
