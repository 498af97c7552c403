"""The store for pictures in memory: permissions that can be read by eye."""

from shared.application.uploads import Upload


class MemoryUploads:
    """`shared.application.uploads.Uploads` in memory."""

    def permit(self, case_number: str, name: str, content_type: str, largest: int) -> Upload:
        key = f"refund-requests/{case_number}/{name}"
        fields = {"key": key, "Content-Type": content_type, "largest": str(largest)}
        return Upload(key, "https://pictures.example.com/", fields)

    def download_url(self, key: str) -> str:
        return f"https://pictures.example.com/{key}"
