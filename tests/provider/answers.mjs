// The forms of an answer.
export const json = (status, body, headers = {}) => ({
  status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body),
});
export const html = (status, body) => ({ status, headers: { 'content-type': 'text/html; charset=utf-8' }, body: `<!doctype html>${body}` });
export const redirect = (status, location) => ({ status, headers: { location: String(location) }, body: '' });
// An OAuth error of RFC 6749, section 5.2.
export const refused = (status, error, error_description) => json(status, { error, ...(error_description ? { error_description } : {}) });
// To the callback, as OAuth has it.
export function callback(asked, parameters) {
  const location = new URL(asked.query.get('redirect_uri'));
  for (const [name, value] of Object.entries({ ...parameters, state: asked.query.get('state') })) location.searchParams.set(name, value);
  return redirect(302, location);
}
