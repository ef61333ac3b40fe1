import { useEffect, useRef, useState } from 'react';
import { player } from 'firstword-player';
import worklet from 'firstword-player/worklet?worker&url'; // a file of its own, which Vite would not see otherwise

/** A text, and a button that speaks it while the answer is still being made. `src` is the relay. */
export function Speech({ src }) {
  const [text, setText] = useState('The first word is heard while the rest is still being made.');
  const [told, setTold] = useState('');
  const [speaking, setSpeaking] = useState(false);
  const request = useRef(null);

  const stop = () => request.current?.abort();
  useEffect(() => stop, []); // taken off the page, it is silent

  async function speak() {
    const voice = player({ worklet }); // inside the click, or the browser stays silent
    const started = ({ detail }) => setTold(`First sound after ${Math.round(detail.firstSoundMs)} ms.`);
    voice.addEventListener('start', started);
    request.current = new AbortController();
    setTold('');
    setSpeaking(true);
    try {
      // Plays while it arrives, and looks at the bytes, not at what the relay calls them.
      await voice.play(src, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ model: 'tts-1', voice: 'alloy', input: text, response_format: 'opus' }),
        signal: request.current.signal,
      });
    } catch (failure) {
      setTold(failure.message);
    } finally {
      voice.removeEventListener('start', started);
      setSpeaking(false);
    }
  }

  return (
    <>
      <p>
        <label>
          Text
          <br />
          <textarea rows={5} cols={40} value={text} onChange={(event) => setText(event.target.value)} />
        </label>
      </p>
      <p>
        <button onClick={speaking ? stop : speak}>{speaking ? 'Stop' : 'Speak'}</button> <output>{told}</output>
      </p>
    </>
  );
}
