import { createRoot } from 'react-dom/client';
import { Speech } from './Speech.jsx';

createRoot(document.querySelector('main')).render(<Speech src="/speech" />);
