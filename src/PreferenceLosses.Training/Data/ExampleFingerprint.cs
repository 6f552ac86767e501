using System.Buffers;
using System.Security.Cryptography;

namespace PreferenceLosses.Training;

/// <summary>The hash of examples in their order: SHA-256 over their records, as lower-case hexadecimal digits.</summary>
internal sealed class ExampleFingerprint : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public static string Of(IEnumerable<Example> examples)
    {
        using var fingerprint = new ExampleFingerprint();
        var record = new ArrayBufferWriter<byte>();
        foreach (var example in examples)
        {
            record.ResetWrittenCount();
            ExampleRecord.Write(example, record);
            fingerprint.Add(record.WrittenSpan);
        }

        return fingerprint.Finish();
    }

    public void Add(ReadOnlySpan<byte> record) => hash.AppendData(record);

    public string Finish() => Convert.ToHexStringLower(hash.GetHashAndReset());

    public void Dispose() => hash.Dispose();
}
