namespace PreferenceLosses.Training;

/// <summary>A checkpoint that is whole, open to be read. It may be larger than an array.</summary>
internal sealed class CheckpointContent(FileStream file, Dictionary<string, (long Start, long Length)> sections) : IDisposable
{
    /// <summary>The content of a section. Read one at a time.</summary>
    /// <exception cref="InvalidDataException">There is no such section.</exception>
    public Stream Section(string name) => sections.TryGetValue(name, out var place)
        ? new SectionStream(file, place.Start, place.Length)
        : throw new InvalidDataException($"it has no section '{name}'");

    /// <summary>All of a small section.</summary>
    public byte[] Bytes(string name)
    {
        using var content = new MemoryStream();
        Section(name).CopyTo(content);
        return content.ToArray();
    }

    public void Dispose() => file.Dispose();
}
