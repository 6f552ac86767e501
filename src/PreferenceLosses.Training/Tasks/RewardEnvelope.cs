namespace PreferenceLosses.Training;

/// <summary>How much reward a loss can buy for how much KL, whatever its β: one number for a frontier.</summary>
public static class RewardEnvelope
{
    /// <summary>
    /// The mean gain in reward over KL from 0 to a limit, under the lowest concave curve that is nowhere falling, begins at the base policy, and has no point above it.
    /// </summary>
    /// <remarks>
    /// Every place on that curve can be had: who draws from one of two policies by the throw of a coin has the mean of their rewards, and, as KL is convex, at most the mean of their
    /// KL. So a loss is not blamed for a gap between two β, nor for points that are worse than others of its own. Points beyond the limit count by the line that leads to them.
    /// </remarks>
    /// <param name="points">KL in nats, 0 or greater, and reward of trained policies; may be none.</param>
    /// <param name="baseReward">The reward of the base policy, at KL 0.</param>
    /// <param name="maximumKl">The limit, in nats; greater than 0.</param>
    /// <returns>In units of the reward; 0 if no point is better than the base.</returns>
    /// <exception cref="ArgumentException">A number is not finite, or a KL negative.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The limit is not a finite number above 0.</exception>
    public static double MeanGain(IEnumerable<(double Kl, double Reward)> points, double baseReward, double maximumKl)
    {
        ArgumentNullException.ThrowIfNull(points);
        if (!(maximumKl > 0 && double.IsFinite(maximumKl)))
        {
            throw new ArgumentOutOfRangeException(nameof(maximumKl), maximumKl, "The limit of KL has to be a finite number above 0.");
        }

        var all = points.Append((Kl: 0, Reward: baseReward)).ToArray();
        foreach (var (kl, reward) in all)
        {
            if (!(double.IsFinite(reward) && kl >= 0 && double.IsFinite(kl)))
            {
                throw new ArgumentException($"The point of KL {kl} and reward {reward} has to be finite, and its KL 0 or greater.", nameof(points));
            }
        }

        // From the best place at KL 0 along the steepest line to the next point, until nothing is higher.
        var area = 0.0;
        var at = (Kl: 0.0, Reward: all.Where(point => point.Kl == 0).Max(point => point.Reward));
        while (at.Kl < maximumKl)
        {
            var higher = all.Where(point => point.Kl > at.Kl && point.Reward > at.Reward).ToArray();
            var next = higher.Length == 0 ? (Kl: maximumKl, at.Reward) : higher.MaxBy(SlopeTo);
            var slope = SlopeTo(next);
            var width = Math.Min(next.Kl, maximumKl) - at.Kl;
            area += width * (at.Reward - baseReward + (slope * width / 2));
            at = next;
        }

        return area / maximumKl;

        double SlopeTo((double Kl, double Reward) point) => (point.Reward - at.Reward) / (point.Kl - at.Kl);
    }
}
