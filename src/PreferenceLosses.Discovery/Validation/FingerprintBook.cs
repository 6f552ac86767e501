using System.Runtime.CompilerServices;
using PreferenceLosses.Text;

namespace PreferenceLosses.Discovery.Validation;

/// <summary>The fingerprints of losses that were looked at before: each is taken once, and forgotten with its loss.</summary>
internal sealed class FingerprintBook
{
    private readonly ConditionalWeakTable<IPreferenceLoss, LossFingerprint> known = [];

    public LossFingerprint Of(IPreferenceLoss loss) => known.GetValue(loss, LossFingerprint.Of);
}
