using System.Security.Cryptography;

namespace PreferenceLosses.Training;

/// <summary>Tells policies apart by their weights.</summary>
internal static class PolicyHash
{
    /// <summary>The SHA-256 of what <see cref="IPolicy.SaveWeights"/> writes.</summary>
    public static string Of(IPolicy policy)
    {
        using var hash = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write))
        {
            policy.SaveWeights(stream);
        }

        return Convert.ToHexStringLower(hash.Hash!);
    }
}
