curl -s http://127.0.0.1:8000/v1/audio/speech \
    -H "Content-Type: application/json" \
    -H "Authorization: Bearer $API_KEY" \
    -d '{
        "input": "안녕하세요!",
        "model": "skt/axtts-2-6",
        "voice": "aria",
        "response_format": "wav"
    }' > out.wav
