from openai import OpenAI

client = OpenAI(
  api_key="sk-...",
  base_url="http://127.0.0.1:8000/v1",
)

speech_file_path = "out.wav"
response = client.audio.speech.create(
  model="skt/axtts-2-6",
  voice="aria",
  input="안녕하세요",
  response_format="wav"
)
response.stream_to_file(speech_file_path)
