// A speech request as a program would make it. The key is never written into them.

/** @param {string} text for a shell, in single quotes */
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** JSON is Python and JavaScript, for texts and numbers. */
const literal = (value) => JSON.stringify(value);

const EXTENSIONS = { opus: 'ogg' };

/**
 * @param {'curl' | 'python' | 'javascript'} language
 * @param {string} base the address that ends in /v1
 * @param {Record<string, string | number>} body
 */
export function snippet(language, base, body) {
  const file = `speech.${EXTENSIONS[body.response_format] ?? body.response_format}`;
  return { curl, python, javascript }[language](base, body, file);
}

function curl(base, body, file) {
  return [
    `curl -N ${quoted(`${base}/audio/speech`)} \\`,
    `  -H "Authorization: Bearer $FIRSTWORD_KEY" -H 'Content-Type: application/json' \\`,
    `  -d ${quoted(JSON.stringify(body))} -o ${file}`,
  ].join('\n');
}

function python(base, body, file) {
  const fields = Object.entries(body).map(([name, value]) => `    ${name}=${literal(value)},`);
  return [
    'import os',
    '',
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url=${literal(base)}, api_key=os.environ.get("FIRSTWORD_KEY", "none"))`,
    'with client.audio.speech.with_streaming_response.create(',
    ...fields,
    `) as response, open(${literal(file)}, "wb") as saved:`,
    '    for piece in response.iter_bytes():  # without a size: as it comes',
    '        saved.write(piece)',
  ].join('\n');
}

function javascript(base, body) {
  return [
    "const key = 'none'; // yours, if the server asks for one",
    `const response = await fetch(${literal(`${base}/audio/speech`)}, {`,
    "  method: 'POST',",
    "  headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },",
    `  body: JSON.stringify(${literal(body)}),`,
    '});',
    'for await (const piece of response.body) console.log(piece.length); // as it comes',
  ].join('\n');
}
