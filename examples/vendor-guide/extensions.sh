curl -s http://127.0.0.1:8000/v1/audio/speech \
    -H "Content-Type: application/json" \
    -H "Authorization: Bearer $API_KEY" \
    -d '{
        "input": "안녕하세요!",
        "model": "skt/axtts-2-6",
        "voice": "aria",
        "response_format": "wav",
        "speed": 1.0,
        "model_extensions": {
            "sr": 16000
        }
    }' > out.wav
