using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace PreferenceLosses.Training;

/// <summary>64 bits of a SHA-256 over numbers and texts: the same on every machine and with every version of .NET.</summary>
internal sealed class StableHash : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Adds a number.</summary>
    public void Add(ulong number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }

    /// <summary>Adds a text, with its length, so that "ab" and "c" are not "a" and "bc".</summary>
    public void Add(string text)
    {
        Add((ulong)text.Length);
        hash.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    /// <summary>The hash of what was added, and a beginning anew.</summary>
    public ulong Finish()
    {
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    public void Dispose() => hash.Dispose();
}
