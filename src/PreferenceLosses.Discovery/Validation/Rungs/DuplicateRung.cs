using System.Globalization;

namespace PreferenceLosses.Discovery.Validation.Rungs;

/// <summary>Is it a function that was tried before, or one of those scaled and shifted? Then its score is known without a training.</summary>
internal static class DuplicateRung
{
    public static (int Of, ValidationFinding Finding)? Check(Candidate candidate, IReadOnlyList<Objective> earlier, FingerprintBook fingerprints)
    {
        var own = fingerprints.Of(candidate.Loss);
        if (earlier.FirstOrDefault(o => own.IsSameFunctionAs(fingerprints.Of(o.Loss))) is { } same)
        {
            return (same.Number, Found($"Your loss equals candidate {same.Number} ({same.Name}): it is the same function, written differently. Propose another function."));
        }

        foreach (var objective in earlier)
        {
            if (fingerprints.Of(objective.Loss).AffineRelationTo(own) is { Scale: > 0 } relation)
            {
                var shift = Math.Abs(relation.Offset) < 1e-9 ? "" : $" {(relation.Offset < 0 ? "-" : "+")} {FiniteRung.Number(Math.Abs(relation.Offset))}";
                return (objective.Number, Found(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Your loss equals candidate {objective.Number} ({objective.Name}) up to scaling: it is {FiniteRung.Number(relation.Scale)} · candidate {objective.Number}{shift}. A factor is a larger or smaller learning rate and a constant is nothing. Propose another function.")));
            }
        }

        return null;
    }

    private static ValidationFinding Found(string message) => new("duplicate", IsError: true, message);
}
